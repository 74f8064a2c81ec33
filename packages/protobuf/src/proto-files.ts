import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';
import { ProtobufSchemaInvalid } from './errors.js';

/** The text of an imported file; undefined where it is not to be had. */
export type FindFile = (name: string) => string | undefined;

/** A .proto file with what it imports, all parsed. */
export interface ProtoFile {
  readonly name: string;
  readonly text: string;
  readonly root: protobuf.Root;
  /** What the files import that are not Google's own, by file. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
  /** The texts of the imported files. */
  readonly texts: ReadonlyMap<string, string>;
}

/** The messages in their order, those of the file or those inside another. */
type Messages = readonly protobuf.Type[];

/** Parses a file and what it imports. Throws `MR-4241`. */
export function parseProtoFile(name: string, text: string, find: FindFile): ProtoFile {
  const root = new protobuf.Root();
  const imports = new Map<string, readonly string[]>();
  const texts = new Map<string, string>();
  const missing: string[] = [];
  const open = [{ name, text }];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const names = addFile(root, file.name, file.text);
    imports.set(file.name, names);
    for (const imported of names) {
      if (imports.has(imported) || open.some((other) => other.name === imported)) continue;
      const found = find(imported);
      if (found === undefined) {
        missing.push(imported);
        continue;
      }
      texts.set(imported, found);
      open.push({ name: imported, text: found });
    }
  }
  // Files that only have options of others are often left out, and are not needed.
  checked(missing.length === 0 ? name : `${name}, without ${missing.join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not to be found`, () => root.resolveAll());
  return { name, text, root, imports, texts };
}

/** The messages of a file itself, in their order. */
export function messagesOf({ name, root }: ProtoFile): Messages {
  const found: protobuf.Type[] = [];
  const look = (namespace: protobuf.NamespaceBase): void => {
    for (const one of namespace.nestedArray) {
      if (one instanceof protobuf.Type) {
        if (one.filename === name) found.push(one);
      } else if (one instanceof protobuf.Namespace) {
        look(one);
      }
    }
  };
  look(root);
  return found;
}

/** The messages inside a message, in their order. */
function nestedOf(type: protobuf.Type): Messages {
  return type.nestedArray.filter((one): one is protobuf.Type => one instanceof protobuf.Type);
}

/** Where a message stands in its file: an index per level. */
export function indexesOf(file: ProtoFile, type: protobuf.Type): readonly number[] {
  const { parent } = type;
  return parent instanceof protobuf.Type ? [...indexesOf(file, parent), nestedOf(parent).indexOf(type)] : [messagesOf(file).indexOf(type)];
}

/** The message at a place; undefined where there is none. */
export function messageAt(file: ProtoFile, indexes: readonly number[]): protobuf.Type | undefined {
  let among = messagesOf(file);
  let found: protobuf.Type | undefined;
  for (const index of indexes) {
    found = among[index];
    if (found === undefined) return undefined;
    among = nestedOf(found);
  }
  return found;
}

/** The message of a full name, with or without its package where that is clear; the only one of the file where none is named. */
export function messageNamed(root: protobuf.Root, messages: Messages, name: string | undefined): protobuf.Type {
  if (name === undefined) {
    if (messages.length === 1) return messages[0]!;
    throw ProtobufSchemaInvalid.error({ what: `the schema has ${messages.length === 0 ? 'no message' : `the messages ${namesOf(messages)}`}, and the format names none`, remedy: "Name the message of the records, e.g. message: 'shop.Order'." });
  }
  const found = root.lookup(name, [protobuf.Type]) ?? messages.find((one) => one.name === name);
  if (found instanceof protobuf.Type) return found;
  throw ProtobufSchemaInvalid.error({ what: `the schema has no message ${JSON.stringify(name)}${messages.length === 0 ? '' : `, but ${namesOf(messages)}`}` });
}

/** Runs what the parser does, and makes errors of its own ones. */
export function checked<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw ProtobufSchemaInvalid.error({ what: `${name}: ${String((error as Error).message)}`, cause: error });
  }
}

/** Parses one file into the root and gives the names of what it imports, but for Google's own, which are added. */
function addFile(root: protobuf.Root, name: string, text: string): readonly string[] {
  // The parser passes over what has this name, and its values would be lost without a word.
  if (LOST_NAME.test(text)) throw ProtobufSchemaInvalid.error({ what: `${name}: something is named __proto__`, remedy: 'Name it otherwise; with json_name a field can still be called so in JSON.' });
  return checked(name, () => {
    // Types say which file they are of only where the parser is told; its declarations leave this out.
    (protobuf.parse as { filename?: string }).filename = name;
    const { imports = [], weakImports = [] } = protobuf.parse(text, root, { keepCase: true });
    const others: string[] = [];
    for (const imported of new Set([...imports, ...weakImports])) {
      const own = imported === DESCRIPTOR ? descriptorTypes() : protobuf.common.get(imported)?.nested;
      if (own === undefined) others.push(imported);
      else if (!root.files.includes(imported)) {
        root.files.push(imported);
        root.addJSON(own);
      }
    }
    return others;
  });
}

/** A field, an enum's value, a oneof, a message, an enum or a package. */
const LOST_NAME = /(?:^|[^\w.("'])__proto__\s*[={;]/;

/** The file that options of one's own extend. */
const DESCRIPTOR = 'google/protobuf/descriptor.proto';

function descriptorTypes(): Record<string, protobuf.AnyNestedObject> {
  const { nested = {} } = (descriptor as unknown as protobuf.Namespace).toJSON();
  return { google: { nested: { protobuf: { nested } } } };
}

const namesOf = (messages: Messages): string => messages.map(({ fullName }) => fullName.replace(/^\./, '')).join(', ');

import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flatReferences, type SchemaDefinition } from '@millrace/schema-registry';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import { ProtobufSchemaInvalid } from './errors.js';
import { printSchema } from './print-schema.js';
import { checked, type FindFile, messageNamed, messagesOf, parseProtoFile, type ProtoFile } from './proto-files.js';

/** Where the schema of records comes from. */
export interface ProtoSource {
  /**
   * The schema: the text of a .proto file, a `FileDescriptorSet` as bytes (`protoc --descriptor_set_out --include_imports`), or
   * a `Root` of protobufjs.
   */
  readonly schema?: string | Uint8Array | protobuf.Root;
  /** The path of a .proto file, instead of `schema`; what it imports is looked for in its folder, then in `importFolders`. */
  readonly file?: string | URL;
  /**
   * Imported files: the name that imports them, and their text. With a registry each has a subject of its own, its name unless
   * it is given one. Google's own files are known.
   */
  readonly references?: readonly SchemaDefinition[];
  /** Folders of imported files that are not among the references. */
  readonly importFolders?: readonly string[];
  /** The full name of the message of the records; the only message of the file unless given. */
  readonly message?: string;
}

/** The message of the records, and the file with its text: one that is printed where the schema came without. */
export interface LoadedSchema {
  readonly type: protobuf.Type;
  readonly file: () => ProtoFile;
}

/** Loads a schema. Throws `MR-4241`. */
export function loadSchema(source: ProtoSource): LoadedSchema {
  const { schema, file, message } = source;
  if ((schema === undefined) === (file === undefined)) throw invalid('protobuf: exactly one of schema and file is to be given');
  if (schema instanceof Uint8Array) return named(checked('the descriptor', () => protobuf.Root.fromDescriptor(schema, { keepCase: true }).resolveAll()), message);
  if (file !== undefined) {
    const path = pathOf(file);
    const text = readText(path);
    if (text === undefined) throw invalid(`protobuf: the file ${path} cannot be read`);
    return parsed(path, text, importFinder(source), message);
  }
  if (typeof schema === 'string') return parsed('the schema', schema, importFinder(source), message);
  if (typeof schema?.lookupType === 'function') return named(checked('the root', () => schema.resolveAll()) as protobuf.Root, message);
  throw invalid('protobuf: schema is to be the text of a .proto file, a descriptor set or a Root of protobufjs');
}

function parsed(name: string, text: string, find: FindFile, message: string | undefined): LoadedSchema {
  const file = parseProtoFile(name, text, find);
  return { type: messageNamed(file.root, messagesOf(file), message), file: () => file };
}

function named(root: protobuf.NamespaceBase, message: string | undefined): LoadedSchema {
  if (message === undefined) throw invalid('protobuf: message is missing', "Name the message of the records, e.g. message: 'shop.Order'.");
  const type = messageNamed(root as protobuf.Root, [], message);
  return { type, file: () => parseProtoFile('the printed schema', printSchema(type), () => undefined) };
}

/** Finds imported files among the references, then in the folders. */
export function importFinder({ references = [], importFolders = [], file }: ProtoSource): FindFile {
  const given = new Map(flatReferences(references).map(({ name, schema }) => [name, schema]));
  const folders = file === undefined ? importFolders : [dirname(pathOf(file)), ...importFolders];
  return (name) => {
    const schema = given.get(name);
    if (typeof schema === 'string') return schema;
    if (isAbsolute(name)) return undefined;
    for (const folder of folders) {
      const text = readText(join(folder, name));
      if (text !== undefined) return text;
    }
    return undefined;
  };
}

const pathOf = (file: string | URL): string => (typeof file === 'string' ? file : fileURLToPath(file));

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function invalid(what: string, remedy?: string): Error {
  return ProtobufSchemaInvalid.error({ what, ...(remedy === undefined ? {} : { remedy }) });
}

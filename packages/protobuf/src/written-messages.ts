import { messageIndexesAt, type RegisteredSchema, type SchemaRegistry } from '@millrace/schema-registry';
import { checkReadable, shortName } from './compatible.js';
import { ProtobufIncompatible } from './errors.js';
import { type MessageNode, NodeMaker, type ValueModes } from './message-node.js';
import { type FindFile, messageAt, messagesOf, parseProtoFile, type ProtoFile } from './proto-files.js';

type MessageType = NonNullable<ReturnType<typeof messageAt>>;

/** How the format reads. */
export interface ReadAs {
  readonly reader: MessageNode;
  readonly modes: ValueModes;
  /** Finds imported files that the registry does not have as references. */
  readonly find: FindFile;
}

/**
 * A registered schema that records were written with: it says for each message of it whether it can be read as that of the
 * format. Each is compared once.
 */
export class WrittenMessages {
  readonly #schema: RegisteredSchema;
  readonly #file: ProtoFile;
  readonly #reader: MessageNode;
  readonly #modes: ValueModes;
  /** The failure, or undefined, by the message. */
  readonly #verdicts: Map<MessageType, unknown>;
  /** The bytes that named the last message which could be read. */
  #place: Uint8Array;

  private constructor(schema: RegisteredSchema, file: ProtoFile, reader: MessageNode, modes: ValueModes) {
    this.#schema = schema;
    this.#file = file;
    this.#reader = reader;
    this.#modes = modes;
    this.#verdicts = new Map();
    this.#place = new Uint8Array(0);
  }

  /** Parses a schema, with those that it refers to; a registry may not keep these, then the format's own are taken. Rejects with `MR-4241` or `MR-4242`. */
  static async of(schema: RegisteredSchema, registry: SchemaRegistry, { reader, modes, find }: ReadAs): Promise<WrittenMessages> {
    if (schema.type !== 'PROTOBUF') throw ProtobufIncompatible.error({ what: `the schema ${schema.id} of the record is one of ${schema.type}` });
    const references = await registry.resolveReferences(schema);
    const file = parseProtoFile(`schema ${schema.id}`, schema.schema, (name) => references.get(name)?.schema ?? find(name));
    return new WrittenMessages(schema, file, reader, modes);
  }

  /** Checks the message of the format's name. Throws `MR-4242`. */
  checkNamesake(): void {
    const { name } = this.#reader;
    const all = messagesOf(this.#file);
    const same = (one: { readonly fullName: string }): boolean => one.fullName.slice(1) === name;
    const found = all.find(same) ?? all.find((one) => one.name === shortName(name)) ?? this.#file.root.lookup(name);
    if (found === null || found === undefined || !('fieldsArray' in found)) throw ProtobufIncompatible.error({ what: `the schema ${this.#schema.id} has no message ${name}` });
    checkReadable(new NodeMaker(this.#modes).message(found as MessageType), this.#reader);
  }

  /** Where the message begins, behind its place in the schema. Throws `MR-4242` where it cannot be read, or `MR-4210`. */
  payloadAt(bytes: Uint8Array, from: number, to: number): number {
    const known = from + this.#place.length;
    if (known > from && known <= to && this.#isAt(bytes, from)) return known;
    const { indexes, end } = messageIndexesAt(bytes, from, to);
    const type = messageAt(this.#file, indexes);
    // Not remembered: there is no end of places where nothing is.
    if (type === undefined) throw ProtobufIncompatible.error({ what: `the schema ${this.#schema.id} has no message at ${indexes.join('.')}` });
    if (!this.#verdicts.has(type)) this.#verdicts.set(type, this.#verdict(type));
    const verdict = this.#verdicts.get(type);
    if (verdict !== undefined) throw verdict;
    this.#place = Uint8Array.from(bytes.subarray(from, end));
    return end;
  }

  /** Whether the same message stands here as last time. */
  #isAt(bytes: Uint8Array, from: number): boolean {
    const place = this.#place;
    for (let at = 0; at < place.length; at++) if (bytes[from + at] !== place[at]) return false;
    return true;
  }

  #verdict(type: MessageType): unknown {
    try {
      checkReadable(new NodeMaker(this.#modes).message(type), this.#reader);
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

import { messageIndexesAt, type RegisteredSchema, type SchemaRegistry } from '@millrace/schema-registry';
import { checkReadable, shortName } from './compatible.js';
import { ProtobufIncompatible } from './errors.js';
import { type MessageNode, NodeMaker, type ValueModes } from './message-node.js';
import { type FindFile, messageAt, messagesOf, parseProtoFile, type ProtoFile } from './proto-files.js';

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
  /** The failure, or undefined, by the place of the message. */
  readonly #verdicts: Map<string, unknown>;
  #firstIsFine: boolean;

  private constructor(schema: RegisteredSchema, file: ProtoFile, reader: MessageNode, modes: ValueModes) {
    this.#schema = schema;
    this.#file = file;
    this.#reader = reader;
    this.#modes = modes;
    this.#verdicts = new Map();
    this.#firstIsFine = false;
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
    checkReadable(new NodeMaker(this.#modes).message(found as Parameters<NodeMaker['message']>[0]), this.#reader);
  }

  /** Where the message begins, behind its place in the schema. Throws `MR-4242` where it cannot be read, or `MR-4210`. */
  payloadAt(bytes: Uint8Array, from: number, to: number): number {
    if (this.#firstIsFine && from < to && bytes[from] === 0) return from + 1;
    const { indexes, end } = messageIndexesAt(bytes, from, to);
    const place = indexes.join();
    if (!this.#verdicts.has(place)) this.#verdicts.set(place, this.#verdict(indexes));
    const verdict = this.#verdicts.get(place);
    if (verdict !== undefined) throw verdict;
    if (place === '0') this.#firstIsFine = true;
    return end;
  }

  #verdict(indexes: readonly number[]): unknown {
    try {
      const type = messageAt(this.#file, indexes);
      if (type === undefined) throw ProtobufIncompatible.error({ what: `the schema ${this.#schema.id} has no message at ${indexes.join('.')}` });
      checkReadable(new NodeMaker(this.#modes).message(type), this.#reader);
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

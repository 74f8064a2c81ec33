import { ProtobufIncompatible } from './errors.js';
import { type FieldNode, type MessageNode, type ValueNode } from './message-node.js';

/**
 * Types whose bytes mean the same number, text or message to each other, as the language guide says. A number that does not
 * fit the narrower type is refused when it comes.
 */
const GROUPS: Readonly<Record<ValueNode['kind'], string>> = {
  int32: 'varint', uint32: 'varint', int64: 'varint', uint64: 'varint', bool: 'varint', enum: 'varint', sint32: 'zigzag', sint64: 'zigzag',
  fixed32: 'fixed32', sfixed32: 'fixed32', fixed64: 'fixed64', sfixed64: 'fixed64', float: 'float', double: 'double', string: 'sized', bytes: 'sized', message: 'message',
};

/** Checks that messages of one schema can be read as those of another, field by field, by number. Throws `MR-4242`. */
export function checkReadable(writer: MessageNode, reader: MessageNode): void {
  if (shortName(writer.name) !== shortName(reader.name)) throw cannot(`the record is a ${writer.name}, and the format reads ${reader.name}`);
  new Comparison().messages(writer, reader, '$');
}

/** A name without its package. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

class Comparison {
  /** Pairs that are compared, or under way: a message may contain itself. */
  readonly #seen: Map<MessageNode, Set<MessageNode>>;

  constructor() {
    this.#seen = new Map();
  }

  messages(writer: MessageNode, reader: MessageNode, path: string): void {
    const seen = this.#seen.get(writer) ?? new Set();
    if (seen.has(reader)) return;
    this.#seen.set(writer, seen.add(reader));
    for (const field of reader.fields) {
      const written = writer.fields.find(({ number }) => number === field.number);
      const place = `${path}.${field.name}`;
      if (written !== undefined) this.#fields(written, field, place);
      else if (field.presence === 'required') throw cannot(`the field ${place} is required, and not written`);
    }
  }

  #fields(writer: FieldNode, reader: FieldNode, path: string): void {
    if (writer.label === 'map' || reader.label === 'map') {
      if (writer.label !== reader.label) throw changed(writer, reader, path);
      this.#values(writer.key!, reader.key!, writer, reader, path);
    } else if (writer.label === 'repeated' && reader.label === 'one') {
      throw changed(writer, reader, path);
    }
    if (writer.delimited !== reader.delimited) throw changed(writer, reader, path);
    this.#values(writer.type, reader.type, writer, reader, path);
  }

  #values(from: ValueNode, to: ValueNode, writer: FieldNode, reader: FieldNode, path: string): void {
    if (from.kind === 'message' && to.kind === 'message') {
      // A time and a duration have the same bytes. A message of one's own may stand for either.
      if (from.known !== undefined && to.known !== undefined && from.known.kind !== to.known.kind) throw changed(writer, reader, path);
      this.messages(from, to, path);
      return;
    }
    const isMessageInBytes = (from.kind === 'message' && to.kind === 'bytes') || (from.kind === 'bytes' && to.kind === 'message');
    if (!isMessageInBytes && GROUPS[from.kind] !== GROUPS[to.kind]) throw changed(writer, reader, path);
  }
}

function changed(writer: FieldNode, reader: FieldNode, path: string): Error {
  return cannot(`the field ${path} with the number ${reader.number} was written as ${shown(writer)}, and cannot be read as ${shown(reader)}`);
}

function shown({ label, type, key, delimited }: FieldNode): string {
  const value = type.kind === 'message' || type.kind === 'enum' ? type.name : type.kind;
  if (label === 'map') return `map<${key!.kind}, ${value}>`;
  return `${label === 'repeated' ? 'repeated ' : ''}${delimited ? 'group ' : ''}${value}`;
}

function cannot(what: string): Error {
  return ProtobufIncompatible.error({ what });
}

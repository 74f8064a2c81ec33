import { type ByteWriter, DEFAULT_MAX_DEPTH } from '@millrace/core/spi';
import { ProtobufNotEncodable } from './errors.js';
import type { FieldNode, MessageNode, ValueNode } from './message-node.js';
import { type Fields, type Getter, getterOf } from './property-access.js';
import { WIRE_OF } from './scalar-readers.js';
import { beginSized, endSized, enumWriter, misfit, SCALAR_WRITERS, type ScalarWriter } from './scalar-writers.js';
import { WireFault } from './wire-fault.js';
import { WIRE_GROUP, WIRE_GROUP_END, WIRE_SIZED } from './wire-tap.js';

type Known = Map<MessageNode, MessageWriter>;

/** Makes the writer of a message. */
export function messageWriter(node: MessageNode, known: Known = new Map()): MessageWriter {
  return known.get(node) ?? new MessageWriter(node, known);
}

/**
 * Appends records as messages, fields in the order of their numbers. Fields that are undefined, null or, without presence,
 * zero are not written. It throws a {@link WireFault} for a value that does not fit.
 */
export class MessageWriter {
  readonly #node: MessageNode;
  readonly #fields: readonly FieldWriter[];
  #depth: number;

  constructor(node: MessageNode, known: Known) {
    known.set(node, this);
    this.#node = node;
    this.#fields = node.fields.toSorted((left, right) => left.number - right.number).map((field) => new FieldWriter(field, known));
    this.#depth = 0;
  }

  write(out: ByteWriter, record: unknown): void {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) throw misfit(record, `message ${this.#node.name}`);
    // What is deeper than a decoder reads, or contains itself, is refused before the stack is full.
    if (++this.#depth > DEFAULT_MAX_DEPTH) {
      this.#depth--;
      throw new WireFault(ProtobufNotEncodable, `the record has more than ${DEFAULT_MAX_DEPTH} levels of ${this.#node.name}`);
    }
    const fields = this.#fields;
    let at = 0;
    try {
      for (; at < fields.length; at++) fields[at]!.write(out, record as Fields);
    } catch (error) {
      if (error instanceof WireFault) error.path = `.${fields[at]!.name}${error.path}`;
      throw error;
    } finally {
      this.#depth--;
    }
  }
}

/** Writes one field of records. */
class FieldWriter {
  readonly name: string;
  readonly #node: FieldNode;
  readonly #get: Getter;
  readonly #tag: number;
  readonly #value: ScalarWriter;
  readonly #key: ScalarWriter | undefined;
  /** Says which values are not written. */
  readonly #isZero: ((value: unknown) => boolean) | undefined;
  readonly #rivals: readonly { readonly name: string; readonly get: Getter }[];

  constructor(node: FieldNode, known: Known) {
    const { name, number, label, type, key, presence, packed, delimited, rivals } = node;
    this.name = name;
    this.#node = node;
    this.#get = getterOf(name);
    this.#tag = ((number << 3) | (label === 'map' || packed ? WIRE_SIZED : delimited ? WIRE_GROUP : WIRE_OF[type.kind])) >>> 0;
    this.#value = valueWriter(type, delimited ? ((number << 3) | WIRE_GROUP_END) >>> 0 : 0, known);
    this.#key = key === undefined ? undefined : SCALAR_WRITERS[key.kind];
    this.#isZero = presence === 'implicit' && label === 'one' ? zeroTest(node) : undefined;
    this.#rivals = rivals.map((rival) => ({ name: rival, get: getterOf(rival) }));
  }

  write(out: ByteWriter, record: Fields): void {
    const value = this.#get(record);
    if (value === undefined || value === null) {
      if (this.#node.presence === 'required') throw new WireFault(ProtobufNotEncodable, 'it is required, and missing');
      return;
    }
    const { label } = this.#node;
    if (label === 'one') {
      if (this.#isZero?.(value) === true) return;
      if (this.#rivals.length > 0) this.#checkRivals(record);
      out.varint32(this.#tag);
      this.#value(out, value);
    } else if (label === 'repeated') {
      if (!Array.isArray(value)) throw misfit(value, 'array');
      if (value.length > 0) this.#writeList(out, value);
    } else {
      if (!(value instanceof Map)) throw misfit(value, 'Map');
      if (value.size > 0) this.#writeMap(out, value as Map<unknown, unknown>);
    }
  }

  #checkRivals(record: Fields): void {
    for (const { name, get } of this.#rivals) {
      const other = get(record);
      if (other !== undefined && other !== null) throw new WireFault(ProtobufNotEncodable, `only one of ${this.name} and ${name} may be set`);
    }
  }

  #writeList(out: ByteWriter, list: readonly unknown[]): void {
    const { packed } = this.#node;
    let start = 0;
    let at = 0;
    if (packed) {
      out.varint32(this.#tag);
      start = beginSized(out);
    }
    try {
      for (; at < list.length; at++) {
        if (!packed) out.varint32(this.#tag);
        this.#value(out, list[at]);
      }
    } catch (error) {
      if (error instanceof WireFault) error.path = `[${at}]${error.path}`;
      throw error;
    }
    if (packed) endSized(out, start);
  }

  #writeMap(out: ByteWriter, map: ReadonlyMap<unknown, unknown>): void {
    const { key: keyNode, type } = this.#node;
    const keyTag = 8 | WIRE_OF[keyNode!.kind];
    const valueTag = 16 | WIRE_OF[type.kind];
    for (const [key, value] of map) {
      out.varint32(this.#tag);
      const start = beginSized(out);
      out.u8(keyTag);
      this.#key!(out, key);
      out.u8(valueTag);
      try {
        this.#value(out, value);
      } catch (error) {
        if (error instanceof WireFault) error.path = `.${String(key)}${error.path}`;
        throw error;
      }
      endSized(out, start);
    }
  }
}

function zeroTest({ type: { kind }, fallback }: FieldNode): (value: unknown) => boolean {
  // -0 has a sign to keep.
  if (kind === 'float' || kind === 'double') return (value) => Object.is(value, 0);
  if (kind === 'bytes') return (value) => value instanceof Uint8Array && value.length === 0;
  if (typeof fallback === 'number' || typeof fallback === 'bigint') return (value) => value === 0 || value === 0n;
  return (value) => value === fallback;
}

function valueWriter(type: ValueNode, groupEnd: number, known: Known): ScalarWriter {
  if (type.kind === 'enum') return enumWriter(type);
  if (type.kind !== 'message') return SCALAR_WRITERS[type.kind];
  const writer = messageWriter(type, known);
  const { known: special, name } = type;
  const write: ScalarWriter =
    special === undefined
      ? (out, value) => writer.write(out, value)
      : (out, value) => {
          const message = special.toMessage(value);
          if (message === undefined) throw misfit(value, name);
          writer.write(out, message);
        };
  if (groupEnd !== 0) {
    return (out, value) => {
      write(out, value);
      out.varint32(groupEnd);
    };
  }
  return (out, value) => {
    const start = beginSized(out);
    write(out, value);
    endSized(out, start);
  };
}

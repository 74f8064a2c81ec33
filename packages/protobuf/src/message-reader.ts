import { ProtobufMalformed } from './errors.js';
import { type FieldNode, type MessageNode, type ValueNode, zeroOf } from './message-node.js';
import { type Fields, type Getter, getterOf, type Initial, makerOf, type Setter, setterOf } from './property-access.js';
import { enumReader, type ScalarReader, scalarReader, WIRE_OF } from './scalar-readers.js';
import { WireFault } from './wire-fault.js';
import { WIRE_GROUP, WIRE_GROUP_END, WIRE_SIZED, type WireTap } from './wire-tap.js';

/** Fields of higher numbers are looked up in a map. */
const MOST_INDEXED = 2048;

/** Readers of messages by their node: a message may contain itself. */
type Known = Map<MessageNode, MessageReader>;

/** Makes the reader of a message. */
export function messageReader(node: MessageNode, known: Known = new Map()): MessageReader {
  return known.get(node) ?? new MessageReader(node, known);
}

/**
 * Reads messages as records: fields of unknown numbers are passed over, missing ones get what the schema says. It throws a
 * {@link WireFault} for bytes that are none.
 */
export class MessageReader {
  readonly #node: MessageNode;
  readonly #make: () => Fields;
  readonly #indexed: (FieldReader | undefined)[];
  readonly #others: Map<number, FieldReader>;
  readonly #required: readonly FieldReader[];

  constructor(node: MessageNode, known: Known) {
    known.set(node, this);
    this.#node = node;
    const initials = new Map<string, Initial>();
    for (const { name, label, presence, fallback } of node.fields) {
      if (label !== 'one') initials.set(name, { make: label === 'map' ? 'map' : 'list' });
      else if (presence === 'implicit' || presence === 'default') initials.set(name, { value: fallback });
    }
    this.#make = makerOf(initials);
    const fields = node.fields.map((field) => new FieldReader(field, known));
    this.#indexed = [];
    this.#others = new Map();
    for (const field of fields) {
      if (field.number <= MOST_INDEXED) this.#indexed[field.number] = field;
      else this.#others.set(field.number, field);
    }
    // An array without holes is read faster.
    for (let number = 0; number < this.#indexed.length; number++) this.#indexed[number] ??= undefined;
    this.#required = fields.filter(({ isRequired }) => isRequired);
  }

  /** A message without fields. */
  empty(): Fields {
    return this.#make();
  }

  /** Reads up to the end of the tap, or to the tag that ends a group; what comes twice is put together with what was there. */
  read(tap: WireTap, endTag: number, into: Fields | undefined): Fields {
    tap.enter();
    const made = into ?? this.#make();
    const indexed = this.#indexed;
    let field: FieldReader | undefined;
    try {
      while (tap.at < tap.end) {
        field = undefined;
        const tag = tap.tag();
        if (tag === endTag) {
          endTag = 0;
          break;
        }
        const number = tag >>> 3;
        field = number < indexed.length ? indexed[number] : this.#others.size > 0 ? this.#others.get(number) : undefined;
        if (field === undefined) tap.skip(tag);
        else field.read(tap, tag, made);
      }
      field = undefined;
      if (endTag !== 0) throw malformed('a group does not end');
      if (this.#required.length > 0) this.#checkRequired(made);
    } catch (error) {
      if (error instanceof WireFault && field !== undefined) error.path = `${field.place(made)}${error.path}`;
      throw error;
    }
    tap.leave();
    return made;
  }

  #checkRequired(made: Fields): void {
    for (const { get, name } of this.#required) if (get(made) === undefined) throw malformed(`the field ${name} is required in ${this.#node.name}, and missing`);
  }
}

/** Reads one field into a record. */
class FieldReader {
  readonly number: number;
  readonly name: string;
  readonly isRequired: boolean;
  readonly get: Getter;
  readonly #set: Setter;
  readonly #node: FieldNode;
  readonly #wire: number;
  readonly #label: FieldNode['label'];
  /** Reads a value; undefined: it is not to be known, and is left out. */
  readonly #value: (tap: WireTap, tag: number, before: Fields | undefined) => unknown;
  /** The reader of messages that come as they are, which are put together where they come twice. */
  readonly #mergeable: boolean;
  readonly #key: ScalarReader | undefined;
  readonly #keyTag: number;
  readonly #valueTag: number;
  readonly #packable: boolean;
  readonly #rivals: readonly string[];
  readonly #zero: () => unknown;

  constructor(node: FieldNode, known: Known) {
    const { name, number, label, type, key, presence, delimited, rivals } = node;
    this.#node = node;
    this.number = number;
    this.name = name;
    this.isRequired = presence === 'required';
    this.get = getterOf(name);
    this.#set = setterOf(name);
    this.#label = label;
    this.#wire = label === 'map' ? WIRE_SIZED : delimited ? WIRE_GROUP : WIRE_OF[type.kind];
    this.#value = valueReader(type, known);
    this.#mergeable = label === 'one' && type.kind === 'message' && type.known === undefined;
    this.#key = key === undefined ? undefined : scalarReader(key);
    this.#keyTag = key === undefined ? 0 : 8 | WIRE_OF[key.kind];
    this.#valueTag = 16 | WIRE_OF[type.kind];
    this.#packable = label === 'repeated' && WIRE_OF[type.kind] !== WIRE_SIZED;
    this.#rivals = rivals;
    this.#zero = type.kind === 'message' ? () => emptyOf(type, known) : () => zeroOf(type);
  }

  /** The place of the field in a record under way, for errors. */
  place(made: Fields): string {
    const list = this.#label === 'repeated' ? this.get(made) : undefined;
    return `.${this.name}${Array.isArray(list) ? `[${list.length}]` : ''}`;
  }

  read(tap: WireTap, tag: number, made: Fields): void {
    if ((tag & 7) !== this.#wire) {
      this.#readOtherwise(tap, tag, made);
      return;
    }
    if (this.#label === 'one') {
      const value = this.#value(tap, tag, this.#mergeable ? (this.get(made) as Fields | undefined) : undefined);
      if (value === undefined) return;
      this.#set(made, value);
      if (this.#rivals.length > 0) this.#dropRivals(made);
    } else if (this.#label === 'repeated') {
      const value = this.#value(tap, tag, undefined);
      if (value !== undefined) (this.get(made) as unknown[]).push(value);
    } else {
      this.#readEntry(tap, this.get(made) as Map<unknown, unknown>);
    }
  }

  /** Packed where it might come one by one, or not as its type is. */
  #readOtherwise(tap: WireTap, tag: number, made: Fields): void {
    if (!this.#packable || (tag & 7) !== WIRE_SIZED) {
      const { type } = this.#node;
      throw malformed(`the field ${this.number} is ${type.kind === 'message' || type.kind === 'enum' ? type.name : type.kind}, and the bytes have ${WIRES[tag & 7]!}`);
    }
    const list = this.get(made) as unknown[];
    const { end } = tap;
    const length = tap.size();
    tap.end = tap.at + length;
    while (tap.at < tap.end) {
      const value = this.#value(tap, tag, undefined);
      if (value !== undefined) list.push(value);
    }
    tap.end = end;
  }

  #readEntry(tap: WireTap, map: Map<unknown, unknown>): void {
    const { end } = tap;
    const length = tap.size();
    tap.end = tap.at + length;
    let key: unknown;
    let value: unknown;
    let isKnown = true;
    const keyTag = this.#keyTag;
    const valueTag = this.#valueTag;
    while (tap.at < tap.end) {
      const tag = tap.tag();
      if (tag === keyTag) key = this.#key!(tap);
      else if (tag === valueTag) isKnown = (value = this.#value(tap, tag, undefined)) !== undefined;
      else if (tag >>> 3 === 1 || tag >>> 3 === 2) throw malformed(`the ${tag >>> 3 === 1 ? 'key' : 'value'} of a map is no ${(tag >>> 3 === 1 ? this.#node.key! : this.#node.type).kind}`);
      else tap.skip(tag);
    }
    tap.end = end;
    if (isKnown) map.set(key ?? zeroOf(this.#node.key!), value ?? this.#zero());
  }

  #dropRivals(made: Fields): void {
    for (const rival of this.#rivals) if (Object.hasOwn(made, rival)) delete made[rival];
  }
}

const WIRES = ['a varint', '8 bytes', 'a length and bytes', 'a group', 'the end of a group', '4 bytes', 'an unknown encoding', 'an unknown encoding'];

function valueReader(type: ValueNode, known: Known): (tap: WireTap, tag: number, before: Fields | undefined) => unknown {
  if (type.kind === 'enum') return enumReader(type);
  if (type.kind !== 'message') return scalarReader(type);
  const reader = messageReader(type, known);
  const { known: special } = type;
  if (special === undefined) return (tap, tag, before) => readNested(reader, tap, tag, before);
  return (tap, tag) => {
    const value = special.toValue(readNested(reader, tap, tag, undefined));
    if (value === undefined) throw malformed(`it is no ${special.kind}: a part of it is out of its range`);
    return value;
  };
}

function readNested(reader: MessageReader, tap: WireTap, tag: number, before: Fields | undefined): Fields {
  if ((tag & 7) === WIRE_GROUP) return reader.read(tap, ((tag & ~7) | WIRE_GROUP_END) >>> 0, before);
  const { end } = tap;
  const length = tap.size();
  tap.end = tap.at + length;
  const made = reader.read(tap, 0, before);
  tap.end = end;
  return made;
}

function emptyOf(type: MessageNode, known: Known): unknown {
  const made = messageReader(type, known).empty();
  return type.known === undefined ? made : type.known.toValue(made);
}

function malformed(what: string): WireFault {
  return new WireFault(ProtobufMalformed, what);
}

import protobuf from 'protobufjs';
import { encodeUtf8 } from '@millrace/core/spi';
import { ProtobufSchemaInvalid } from './errors.js';
import { type KnownType, knownTypeOf, type TimeMode } from './known-types.js';

/** What 64-bit numbers are in JavaScript. */
export type LongMode = 'bigint' | 'number';

/** What the fields of records are called: in camelCase (or the `json_name` of the schema), or as in the schema. */
export type FieldNames = 'asWritten' | 'camelCase';

/** How values of a schema come as values of JavaScript. */
export interface ValueModes {
  readonly longs: LongMode;
  readonly times: TimeMode;
  readonly fieldNames: FieldNames;
}

/** Types of 32-bit numbers. */
export type Int32Kind = 'fixed32' | 'int32' | 'sfixed32' | 'sint32' | 'uint32';
/** Types of 64-bit numbers. */
export type Int64Kind = 'fixed64' | 'int64' | 'sfixed64' | 'sint64' | 'uint64';
/** Types without parts. */
export type ScalarKind = Int32Kind | Int64Kind | 'bool' | 'bytes' | 'double' | 'float' | 'string';

/** A type without parts, and what its 64-bit numbers are. */
export interface ScalarNode {
  readonly kind: ScalarKind;
  readonly isBigint: boolean;
}

/** Names for numbers. A closed one (proto2) has no others. */
export interface EnumNode {
  readonly kind: 'enum';
  readonly name: string;
  readonly numbers: ReadonlyMap<string, number>;
  /** The first name of each number. */
  readonly names: ReadonlyMap<number, string>;
  readonly closed: boolean;
}

/** A message: its fields in the order of the schema. It may contain itself. */
export interface MessageNode {
  readonly kind: 'message';
  readonly name: string;
  readonly fields: readonly FieldNode[];
  /** A type of Google's whose values are no objects. */
  readonly known: KnownType | undefined;
}

/** The type of a value. */
export type ValueNode = EnumNode | MessageNode | ScalarNode;

/** A field of a message. */
export interface FieldNode {
  /** In records. */
  readonly name: string;
  readonly number: number;
  readonly label: 'map' | 'one' | 'repeated';
  readonly type: ValueNode;
  /** Of a map. */
  readonly key: ScalarNode | undefined;
  /**
   * What a missing field means: `implicit` the zero value, which is not written, `default` a default of the schema,
   * `optional` nothing, `required` an error. Lists and maps are empty, which is `implicit`.
   */
  readonly presence: 'default' | 'implicit' | 'optional' | 'required';
  /** What stands for a missing `implicit` or `default` field that is no list or map. */
  readonly fallback: unknown;
  readonly packed: boolean;
  /** A group: between two tags, without a length. */
  readonly delimited: boolean;
  /** The names of the fields of the same oneof, without this one. */
  readonly rivals: readonly string[];
}

/** Makes nodes of what protobufjs has parsed; each type becomes one node. */
export class NodeMaker {
  readonly #modes: ValueModes;
  readonly #messages: Map<protobuf.Type, MessageNode>;
  readonly #enums: Map<protobuf.Enum, EnumNode>;

  constructor(modes: ValueModes) {
    this.#modes = modes;
    this.#messages = new Map();
    this.#enums = new Map();
  }

  /** The node of a message. Throws `MR-4241`. */
  message(type: protobuf.Type): MessageNode {
    const present = this.#messages.get(type);
    if (present !== undefined) return present;
    const name = type.fullName.replace(/^\./, '');
    const fields: FieldNode[] = [];
    const known = knownTypeOf(name, this.#modes.times);
    const made: MessageNode = { kind: 'message', name, fields, known };
    this.#messages.set(type, made);
    for (const field of type.fieldsArray) {
      // Extensions of this message, which the schema may have: records do not have them.
      if (field.declaringField !== null) continue;
      fields.push(this.#field(field.resolve(), name));
    }
    const double = fields.find((one, at) => fields.findIndex((other) => other.name === one.name) !== at);
    if (double !== undefined) throw invalid(`two fields of ${name} would both be called ${double.name} in a record`, "Read them by their own names with fieldNames: 'asWritten'.");
    return made;
  }

  #field(field: protobuf.Field, message: string): FieldNode {
    const place = `${message}.${field.protoName}`;
    const type = this.#value(field, place);
    const isMap = field instanceof protobuf.MapField;
    const label = isMap ? 'map' : field.repeated ? 'repeated' : 'one';
    const hasDefault = field.options?.['default'] !== undefined;
    const isOptional = type.kind === 'message' || field.hasPresence;
    const presence = label !== 'one' ? 'implicit' : field.required ? 'required' : hasDefault ? 'default' : isOptional ? 'optional' : 'implicit';
    const { partOf } = field;
    return {
      name: this.#nameOf(field), number: field.id, label, type,
      key: isMap ? this.#scalar((field as protobuf.MapField).keyType, field) : undefined,
      presence,
      fallback: presence === 'default' ? defaultOf(field, type, place) : presence === 'implicit' ? zeroOf(type) : undefined,
      packed: label === 'repeated' && field.packed && type.kind !== 'message' && type.kind !== 'string' && type.kind !== 'bytes',
      delimited: type.kind === 'message' && field.delimited,
      rivals: partOf === null || partOf.isProto3Optional ? [] : partOf.fieldsArray.filter((other) => other !== field).map((other) => this.#nameOf(other.resolve())),
    };
  }

  #nameOf(field: protobuf.Field): string {
    return this.#modes.fieldNames === 'camelCase' ? (field.jsonName ?? field.name) : (field.protoName ?? field.name);
  }

  #value(field: protobuf.Field, place: string): ValueNode {
    const { resolvedType } = field;
    if (resolvedType instanceof protobuf.Type) return this.message(resolvedType);
    if (resolvedType instanceof protobuf.Enum) return this.#enum(resolvedType, place);
    return this.#scalar(field.type, field);
  }

  #scalar(kind: string, { options }: protobuf.Field): ScalarNode {
    const jstype: unknown = options?.['jstype'];
    return { kind: kind as ScalarKind, isBigint: jstype === 'JS_STRING' || (jstype !== 'JS_NUMBER' && this.#modes.longs === 'bigint') };
  }

  #enum(type: protobuf.Enum, place: string): EnumNode {
    const present = this.#enums.get(type);
    if (present !== undefined) return present;
    const numbers = new Map(Object.entries(type.values));
    if (numbers.size === 0) throw invalid(`the enum of ${place} has no values`);
    const names = new Map<number, string>();
    for (const [name, number] of numbers) if (!names.has(number)) names.set(number, name);
    const { _features: features } = type as unknown as { readonly _features: { readonly enum_type?: string } };
    const made: EnumNode = { kind: 'enum', name: type.fullName.replace(/^\./, ''), numbers, names, closed: features.enum_type === 'CLOSED' };
    this.#enums.set(type, made);
    return made;
  }
}

/** Whether a type is one of 64-bit numbers. */
export function isInt64(kind: ValueNode['kind']): kind is Int64Kind {
  return kind.endsWith('64');
}

const NO_BYTES = new Uint8Array(0);

/** The value of a field that is not written. */
export function zeroOf(type: ValueNode): unknown {
  switch (type.kind) {
    case 'message':
      return undefined;
    case 'enum':
      return type.closed ? [...type.numbers.keys()][0] : (type.names.get(0) ?? '0');
    case 'string':
      return '';
    case 'bytes':
      return NO_BYTES;
    case 'bool':
      return false;
    default:
      return isInt64(type.kind) && type.isBigint ? 0n : 0;
  }
}

function defaultOf(field: protobuf.Field, type: ValueNode, place: string): unknown {
  const given: unknown = field.options?.['default'];
  if (type.kind === 'enum') {
    if (!type.numbers.has(given as string)) throw invalid(`the default of ${place} is no name of ${type.name}`);
    return given;
  }
  if (type.kind === 'bytes') return encodeUtf8(String(given));
  if (type.kind === 'string') return String(given);
  if (type.kind === 'bool') return given === true || given === 'true';
  const number = Number(given);
  if (type.kind === 'message' || !isInt64(type.kind)) return number;
  // The parser has rounded it.
  if (!Number.isSafeInteger(number)) throw invalid(`the default of ${place} is beyond 2^53`);
  return (type as ScalarNode).isBigint ? BigInt(number) : number;
}

function invalid(what: string, remedy?: string): Error {
  return ProtobufSchemaInvalid.error({ what, ...(remedy === undefined ? {} : { remedy }) });
}

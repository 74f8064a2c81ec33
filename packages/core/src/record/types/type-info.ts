/**
 * Types at run time: frozen plain data that codecs, state and specialised operators are made from.
 *
 * A {@link TypeInfo} comes from the builders in `t.ts`, from a Standard Schema (`from-schema.ts`), or is
 * {@link DynamicType} when nothing is known. Only declared types have a fingerprint, evolve and are specialised.
 */

/** Any text, lone surrogates included. */
export interface StringType {
  readonly kind: 'string';
}

/** A double: NaN, -0 and the infinities included. */
export interface NumberType {
  readonly kind: 'number';
}

/** An event time in epoch milliseconds: a number in JavaScript. */
export interface TimestampType {
  readonly kind: 'timestamp';
}

/** A whole number of any size. */
export interface BigintType {
  readonly kind: 'bigint';
}

/** True or false. */
export interface BooleanType {
  readonly kind: 'boolean';
}

/** A valid `Date`. */
export interface DateType {
  readonly kind: 'date';
}

/** A `Uint8Array`. */
export interface BytesType {
  readonly kind: 'bytes';
}

/** Anything in the value domain, described by its own encoding. */
export interface DynamicType {
  readonly kind: 'dynamic';
}

/** The value of the type inside, or undefined; as a struct field also absent. Absent and undefined stay apart. */
export interface OptionalType {
  readonly kind: 'optional';
  readonly inner: TypeNode;
}

/** The value of the type inside, or null. */
export interface NullableType {
  readonly kind: 'nullable';
  readonly inner: TypeNode;
}

/** An array of any length. */
export interface ListType {
  readonly kind: 'list';
  readonly element: TypeNode;
}

/** A `Set`, in insertion order. */
export interface SetType {
  readonly kind: 'set';
  readonly element: TypeNode;
}

/** A `Map`, in insertion order. */
export interface MapType {
  readonly kind: 'map';
  readonly key: TypeNode;
  readonly value: TypeNode;
}

/** An array of fixed length, each position with its type. */
export interface TupleType {
  readonly kind: 'tuple';
  readonly elements: readonly TypeNode[];
}

/** One field of a struct or class. */
export interface FieldType {
  readonly name: string;
  readonly type: TypeNode;
}

/** A plain object with declared fields, and no others. */
export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly FieldType[];
}

/** An instance of a class: its fields travel, and decoding gives an instance without running the constructor. */
export interface ClassType {
  readonly kind: 'class';
  /** The name in descriptions and fingerprints; stays when the class is renamed. */
  readonly name: string;
  readonly fields: readonly FieldType[];
  /** What instances are made from; undefined in a type read back from its description. */
  readonly prototype: object | undefined;
}

/** A type as data: what codecs and descriptions walk over. */
export type TypeNode =
  | StringType
  | NumberType
  | TimestampType
  | BigintType
  | BooleanType
  | DateType
  | BytesType
  | DynamicType
  | OptionalType
  | NullableType
  | ListType
  | SetType
  | MapType
  | TupleType
  | StructType
  | ClassType;

/** The literal kinds of {@link TypeNode}. */
export type TypeKind = TypeNode['kind'];

/** Carries the compile-time type along with the data; never present at run time. */
export interface TypeCarrier<out T> {
  readonly '~type'?: { readonly value: T };
}

/** The type of `T` values at run time: frozen data that also knows `T` at compile time. */
export type TypeInfo<T = unknown> = TypeNode & TypeCarrier<T>;

/** The compile-time type behind a {@link TypeInfo}: `TypeOf<typeof Order>`. */
export type TypeOf<I> = I extends TypeCarrier<infer T> ? T : never;

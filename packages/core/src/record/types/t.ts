/**
 * Builders of types at run time.
 *
 * @example
 * const Order = t.struct({ id: t.string, amount: t.number, note: t.optional(t.string) });
 * type Order = TypeOf<typeof Order>;
 */
import { TypeInvalid } from '../errors.js';
import type {
  BigintType,
  BooleanType,
  BytesType,
  ClassType,
  DateType,
  DynamicType,
  FieldType,
  ListType,
  MapType,
  NullableType,
  NumberType,
  OptionalType,
  SetType,
  StringType,
  StructType,
  TimestampType,
  TupleType,
  TypeCarrier,
  TypeInfo,
  TypeNode,
  TypeOf,
} from './type-info.js';

/** Field names with their types, as `t.struct` takes them. */
export type StructFields = Readonly<Record<string, TypeInfo>>;

/** The object type of declared fields: optional ones may be absent. */
export type StructOf<F extends StructFields> = Flat<
  { [K in keyof F as F[K] extends OptionalType ? never : K]: TypeOf<F[K]> } & { [K in keyof F as F[K] extends OptionalType ? K : never]?: TypeOf<F[K]> }
>;

/** The same type, shown as one object in messages. */
export type Flat<T> = { [K in keyof T]: T[K] };

/** The array type of a tuple's positions. */
export type TupleOf<E extends readonly TypeInfo[]> = { -readonly [I in keyof E]: TypeOf<E[I]> };

/** A class whose instances can be declared. */
export interface ClassLike<T> {
  readonly name: string;
  readonly prototype: T;
}

/** What `t.class` takes besides the fields. */
export interface ClassOptions {
  /** The name in stored descriptions; by default the name of the class, which a minifier may change. */
  readonly name?: string;
}

/** The set of builders. */
export interface TypeBuilders {
  readonly string: StringType & TypeCarrier<string>;
  readonly number: NumberType & TypeCarrier<number>;
  readonly bigint: BigintType & TypeCarrier<bigint>;
  readonly boolean: BooleanType & TypeCarrier<boolean>;
  /** Epoch milliseconds: a number. */
  readonly timestamp: TimestampType & TypeCarrier<number>;
  readonly date: DateType & TypeCarrier<Date>;
  readonly bytes: BytesType & TypeCarrier<Uint8Array>;
  /** Anything in the value domain. */
  readonly dynamic: DynamicType & TypeCarrier<unknown>;
  /** A plain object with these fields and no others. */
  struct<F extends StructFields>(fields: F): StructType & TypeCarrier<StructOf<F>>;
  list<I extends TypeInfo>(element: I): ListType & TypeCarrier<TypeOf<I>[]>;
  set<I extends TypeInfo>(element: I): SetType & TypeCarrier<Set<TypeOf<I>>>;
  map<K extends TypeInfo, V extends TypeInfo>(key: K, value: V): MapType & TypeCarrier<Map<TypeOf<K>, TypeOf<V>>>;
  tuple<E extends readonly TypeInfo[]>(...elements: E): TupleType & TypeCarrier<TupleOf<E>>;
  /** May be undefined; as a field it may be absent, too. */
  optional<I extends TypeInfo>(inner: I): OptionalType & TypeCarrier<TypeOf<I> | undefined>;
  nullable<I extends TypeInfo>(inner: I): NullableType & TypeCarrier<TypeOf<I> | null>;
  /** Instances of a class: the given fields travel, the constructor does not run again. */
  class<T extends object>(of: ClassLike<T>, fields: { readonly [K in keyof T]?: TypeInfo<T[K]> }, options?: ClassOptions): ClassType & TypeCarrier<T>;
}

function leaf<N extends TypeNode>(node: N): N {
  return Object.freeze(node);
}

function fieldsOf(fields: Readonly<Record<string, TypeInfo | undefined>>): readonly FieldType[] {
  const list: FieldType[] = [];
  for (const name of Object.keys(fields)) {
    list.push(Object.freeze({ name, type: checked(fields[name], `the field ${JSON.stringify(name)}`) }));
  }
  return Object.freeze(list);
}

function checked(type: TypeInfo | undefined, what: string): TypeNode {
  if (typeof type !== 'object' || type === null || typeof type.kind !== 'string') {
    throw TypeInvalid.error({ what: `${what} has no type`, remedy: 'Give it one made with t, e.g. t.string; a builder such as t.list is to be called.' });
  }
  return type;
}

/** The builders of types at run time; see the top of this file. */
export const t: TypeBuilders = Object.freeze({
  string: leaf({ kind: 'string' }),
  number: leaf({ kind: 'number' }),
  bigint: leaf({ kind: 'bigint' }),
  boolean: leaf({ kind: 'boolean' }),
  timestamp: leaf({ kind: 'timestamp' }),
  date: leaf({ kind: 'date' }),
  bytes: leaf({ kind: 'bytes' }),
  dynamic: leaf({ kind: 'dynamic' }),
  struct: (fields) => leaf({ kind: 'struct', fields: fieldsOf(fields) }),
  list: (element) => leaf({ kind: 'list', element: checked(element, 'the element of a list') }),
  set: (element) => leaf({ kind: 'set', element: checked(element, 'the element of a set') }),
  map: (key, value) => leaf({ kind: 'map', key: checked(key, 'the key of a map'), value: checked(value, 'the value of a map') }),
  tuple: (...elements) => leaf({ kind: 'tuple', elements: Object.freeze(elements.map((element, at) => checked(element, `position ${at} of a tuple`))) }),
  optional: (inner) => leaf({ kind: 'optional', inner: withoutOptional(checked(inner, 'an optional value')) }),
  nullable: (inner) => leaf({ kind: 'nullable', inner: checked(inner, 'a nullable value') }),
  class: (of, fields, options) => {
    const name = options?.name ?? of?.name ?? '';
    if (typeof (of as unknown) !== 'function' || name === '') {
      throw TypeInvalid.error({ what: 't.class was called without a class that has a name', remedy: "Give the class first, and a name for it when it has none: t.class(Order, { … }, { name: 'Order' })." });
    }
    return leaf({ kind: 'class', name, fields: fieldsOf(fields as Readonly<Record<string, TypeInfo | undefined>>), prototype: of.prototype });
  },
} satisfies TypeBuilders);

function withoutOptional(type: TypeNode): TypeNode {
  return type.kind === 'optional' ? type.inner : type;
}

/**
 * A type known at compile time only: values travel in the self-describing encoding.
 *
 * @example
 * const Alert = type<{ user: string; total: number }>();
 */
export function type<T>(): DynamicType & TypeCarrier<T> {
  return t.dynamic as DynamicType & TypeCarrier<T>;
}

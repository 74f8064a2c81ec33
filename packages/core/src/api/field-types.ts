import type { TypeInfo, TypeOf } from '../record/types/type-info.js';
import type { SideDeclarations } from '../functions/process-function.js';

/** What a single key field may hold: values that are equal when they look equal. */
export type KeyValue = string | number | bigint | boolean;

/** What a key selector may return: a key value, a tuple of them, or a plain object of them. */
export type Key = KeyValue | readonly KeyValue[] | readonly [] | { readonly [field: string]: KeyValue };

/** Stands in a compiler message where a record has no field that fits; nothing is meant to be passed for it. */
type NoSuchField<Reason extends string> = { readonly '~problem': Reason };

type ToNumber<Position> = Position extends `${infer N extends number}` ? N : never;

/** The positions of a tuple (or the fields of an object) whose type is `Wanted`. */
type MatchingFields<T, Wanted> = T extends KeyValue ? never : T extends readonly unknown[]
  ? number extends T['length']
    ? T[number] extends Wanted ? number : never
    : { [P in keyof T]: T[P] extends Wanted ? ToNumber<P> : never }[number]
  : { [F in keyof T & string]-?: T[F] extends Wanted ? F : never }[keyof T & string];

type OrProblem<Fields, Reason extends string> = [Fields] extends [never] ? NoSuchField<Reason> : Fields;

/**
 * The names of the fields of `T` that can be keys, or the positions where `T` is a tuple: only strings, numbers,
 * bigints and booleans that are always there.
 */
export type KeyFields<T> = unknown extends T
  ? NoSuchField<'the type of the records is unknown: give the source a schema, or the stream a type'>
  : OrProblem<MatchingFields<T, KeyValue>, 'no field of these records can be a key: a key is a string, number, bigint or boolean'>;

/** The names (or positions) of the fields of `T` that are numbers or bigints: what `sum` takes; 0 for a stream of numbers. */
export type NumericFields<T> = unknown extends T
  ? NoSuchField<'the type of the records is unknown: give the source a schema, or the stream a type'>
  : T extends number | bigint ? 0
  : OrProblem<MatchingFields<T, number> | MatchingFields<T, bigint>, 'no field of these records is a number'>;

/** The names (or positions) of the fields of `T` that have an order: what `min`, `max`, `minBy` and `maxBy` take. */
export type OrderedFields<T> = unknown extends T
  ? NoSuchField<'the type of the records is unknown: give the source a schema, or the stream a type'>
  : T extends number | bigint | string ? 0
  : OrProblem<MatchingFields<T, number> | MatchingFields<T, bigint> | MatchingFields<T, string>, 'no field of these records can be compared'>;

/** The key that a choice gives. */
export type KeyOf<T, Choice> = Choice extends (value: never) => infer K
  ? K
  : Choice extends keyof T ? T[Choice] : Choice extends number ? (T extends readonly unknown[] ? T[Choice] : never) : never;

/** The key that one choice, or several fields, give: several make a tuple. */
export type KeyOfAll<T, First, More extends readonly unknown[]> = More extends readonly []
  ? KeyOf<T, First>
  : readonly [KeyOf<T, First>, ...{ readonly [I in keyof More]: KeyOf<T, More[I]> }];

/** The types of declared side outputs, by name. */
export type SideTypes<Side extends SideDeclarations> = { readonly [Name in keyof Side]: TypeOf<Side[Name]> };

/** The one side output of late elements, once it has a name. */
export type LateSide<Name extends string, T> = { readonly [N in Name]: TypeInfo<T> };

import type { AggregateFunction } from '../functions/aggregate-function.js';

/** Named aggregates of a window: `{ orders: count(), total: sum('amount') }`. */
export type AggregateShorthand<T> = { readonly [name: string]: AggregateFunction<T, unknown, unknown> };

/** The record that named aggregates give. */
export type ShorthandResult<A> = {
  readonly [Name in keyof A]: A[Name] extends { result(accumulator: never): infer Out } ? Out : A[Name] extends { create(): infer Acc } ? Acc : never;
};

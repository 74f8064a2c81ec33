/**
 * Where a user's function puts its results.
 *
 * `collect` is synchronous: the value has gone through the rest of the chain, or into an output buffer, when it
 * returns. The result carries the timestamp of the element (or timer, or window) that is being processed. Do not
 * change a value after it was collected, and do not keep the collector beyond the callback.
 */
export interface Collector<T> {
  /** Emits one result with the timestamp of what is being processed. */
  collect(value: T): void;
  /** Emits one result with a timestamp of its own, in epoch milliseconds. */
  collectAt(value: T, timestamp: number): void;
}

/** Named side outputs of a function: `ctx.side.late.collect(order)`. */
export type SideCollectors<Side> = { readonly [Name in keyof Side]: Collector<Side[Name]> };

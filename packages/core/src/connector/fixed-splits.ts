import type { EnumeratorContext, Split, SplitEnumerator } from './source.js';

/** Deals out splits that are known from the start, one to each reader that asks, in their order. */
export class FixedSplits<S extends Split> implements SplitEnumerator<S> {
  readonly #context: EnumeratorContext<S>;
  #pending: S[];

  /** `restored` is what `snapshot` gave; `splits` makes them for a fresh start. */
  constructor(context: EnumeratorContext<S>, restored: unknown, splits: () => readonly S[]) {
    this.#context = context;
    this.#pending = [...((restored as readonly S[] | undefined) ?? splits())];
  }

  start(): void {}

  splitRequested(subtask: number): void {
    const split = this.#pending.shift();
    if (split === undefined) this.#context.noMoreSplits(subtask);
    else this.#context.assign(subtask, [split]);
  }

  splitsReturned(splits: readonly S[]): void {
    this.#pending.unshift(...splits);
  }

  snapshot(): readonly S[] {
    return [...this.#pending];
  }

  close(): void {}
}

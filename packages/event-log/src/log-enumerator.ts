import type { EnumeratorContext, SplitEnumerator } from '@millrace/core/spi';
import type { EventLog } from './event-log.js';
import type { LogSplit } from './log-split.js';
import type { LogPosition } from './positions.js';

/** Where a source begins and ends. */
export interface LogRange {
  readonly from: LogPosition;
  readonly until: LogPosition | undefined;
}

/**
 * Deals the partitions of a log out, each to the subtask of its number. Where they begin and end is settled once, at the
 * fresh start of the job, and kept from then on: a partition that was empty is read from there also after a restart.
 */
export class LogEnumerator implements SplitEnumerator<LogSplit> {
  readonly #log: EventLog;
  readonly #range: LogRange;
  readonly #context: EnumeratorContext<LogSplit>;
  /** Those nobody has; undefined before the fresh start. */
  #pending: LogSplit[] | undefined;
  #returned: LogSplit[];

  constructor(log: EventLog, range: LogRange, context: EnumeratorContext<LogSplit>, restored: unknown) {
    this.#log = log;
    this.#range = range;
    this.#context = context;
    this.#pending = restored === undefined ? undefined : [...(restored as readonly LogSplit[])];
    this.#returned = [];
  }

  start(): void {
    this.#pending ??= this.#splits();
  }

  splitRequested(subtask: number): void {
    const { parallelism } = this.#context;
    this.#pending ??= this.#splits();
    const own = this.#pending.filter(({ partition }) => partition % parallelism === subtask);
    this.#pending = this.#pending.filter(({ partition }) => partition % parallelism !== subtask);
    own.push(...this.#returned.splice(0));
    if (own.length > 0) this.#context.assign(subtask, own);
    this.#context.noMoreSplits(subtask);
  }

  splitsReturned(splits: readonly LogSplit[]): void {
    this.#returned.push(...splits);
  }

  snapshot(): readonly LogSplit[] {
    return [...(this.#pending ?? []), ...this.#returned];
  }

  close(): void {}

  #splits(): LogSplit[] {
    const { from, until } = this.#range;
    return Array.from({ length: this.#log.settings.partitions }, (_, partition) => ({
      id: `partition-${partition}`,
      partition,
      next: this.#log.offsetOf(partition, from),
      stop: until === undefined ? -1 : this.#log.offsetOf(partition, until),
      skip: 0,
    }));
  }
}

/**
 * The contract of sinks.
 *
 * One {@link SinkWriter} per subtask takes records synchronously. At a barrier it hands out what is to be committed;
 * when that checkpoint is complete the {@link Committer} makes it visible. What was handed out and not yet committed
 * lies in the checkpoint and is committed first after a restart, so committing must be idempotent.
 */
import type { Logger } from '../base/logger.js';
import type { MetricGroup } from '../base/metrics.js';
import type { Platform } from '../base/platform.js';

/** What a sink promises when it runs with checkpoints. */
export type DeliveryGuarantee = 'none' | 'at-least-once' | 'exactly-once';

/**
 * A sink as a job declares it. `Committable` and `WriterState` are plain data that the dynamic codec can carry.
 *
 * @example A sink of one's own that puts each batch between two checkpoints into a store, exactly once: what was written is
 * handed out at the barrier and put under a name that is the same when the commit is repeated.
 * ```ts
 * import type { Sink } from 'millrace/spi';
 *
 * interface Batch {
 *   readonly name: string;
 *   readonly rows: readonly string[];
 * }
 *
 * export function storeSink(store: Map<string, readonly string[]>): Sink<string, Batch, never> {
 *   return {
 *     kind: 'store',
 *     guarantee: 'exactly-once',
 *     createWriter: ({ subtask, epoch }) => {
 *       let rows: string[] = [];
 *       return {
 *         write(value) { rows.push(value); },
 *         prepareCommit(checkpointId) {
 *           if (rows.length === 0) return [];
 *           const batch = { name: `${epoch}-${subtask}-${checkpointId}`, rows };
 *           rows = [];
 *           return [batch];
 *         },
 *         close() {},
 *       };
 *     },
 *     createCommitter: () => ({
 *       async commit(batches) {
 *         for (const { name, rows } of batches) store.set(name, rows);
 *       },
 *     }),
 *   };
 * }
 * ```
 */
export interface Sink<T, Committable = unknown, WriterState = unknown> {
  /** Name of the technology, for plans and default operator names. */
  readonly kind: string;
  readonly guarantee: DeliveryGuarantee;
  /** Makes the writer of one subtask; `restored` has the states of all writers it takes over (none at a fresh start). */
  createWriter(context: WriterContext, restored: readonly WriterState[]): SinkWriter<T, Committable, WriterState>;
  /** Makes the committer of one subtask; absent when nothing is to be committed. */
  createCommitter?(context: WriterContext): Committer<Committable>;
  /**
   * True when a writer can be restored from the states of its own subtask alone, and its committer from what that subtask
   * had handed out, while the other subtasks go on (`WriterContext.restoresOwn`). Without it a failure restarts all.
   */
  readonly restartsAlone?: boolean;
  /** Checks settings before the job starts, once, in the coordinator (e.g. that an output directory is empty). */
  validate?(context: SinkValidation): void | Promise<void>;
}

/** What a check at the start may use. */
export interface SinkValidation {
  readonly platform: Platform;
  readonly job: string;
  readonly operator: string;
  /** How often checkpoints are taken, in milliseconds; undefined without checkpoints. */
  readonly checkpointIntervalMs: number | undefined;
  /** True when the run goes on from a checkpoint or savepoint. */
  readonly resumed: boolean;
}

/** What a writer or committer may use. */
export interface WriterContext {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly metrics: MetricGroup;
  readonly signal: AbortSignal;
  readonly job: string;
  readonly operator: string;
  /** The uid of the operator, which unlike its name no other one of the job has; undefined where no job is run. */
  readonly uid?: string;
  readonly subtask: number;
  readonly parallelism: number;
  /** Number of the run on its checkpoint directory: sinks fence older runs by it. */
  readonly epoch: number;
  /** True when the restored states are this subtask's own, and the other subtasks go on: nothing is to be shared out. */
  readonly restoresOwn?: boolean;
  /** True when the run has checkpoints: otherwise commits come once, at the end of a bounded job, or at each roll. */
  readonly checkpoints: boolean;
  /** True when the whole input of the job is bounded. */
  readonly bounded: boolean;
  /** Shows text on the program's output in order, also from other threads; `row` is the value behind it, for `--json`. */
  print(text: string, row?: unknown): void;
  /** Hands a row to the program that runs the job (`executeAndCollect`, `--json`). */
  emitRow(channel: string, row: unknown): void;
}

/** What a writer is told about a record. */
export interface WriteContext {
  /** Event timestamp in epoch milliseconds, NaN when there is none. */
  timestamp: number;
  /** The sink's current watermark. */
  watermark: number;
}

/** Takes the records of one subtask. All methods are called from the subtask's thread. */
export interface SinkWriter<T, Committable = unknown, WriterState = unknown> {
  start?(): void | Promise<void>;
  /** Takes one record. Synchronous: what cannot be written at once is buffered, within the writer's limits. */
  write(value: T, context: WriteContext): void;
  /** True when the buffer is full: no record is written until `drained` has resolved. Asked after each write. */
  isFull?(): boolean;
  /** Resolves when there is room again. Rejects when writing has failed for good. */
  drained?(): Promise<void>;
  /**
   * Called by the engine about every 100 ms of processing time while the job runs, for rolling by time.
   */
  tick?(now: number): void;
  /**
   * Makes everything written so far durable or sent. Called before `prepareCommit`; at the end of input too, and when the
   * job stops with a savepoint. `endOfInput` says that nothing is to be kept open for more; only when the savepoint fails
   * may more come all the same.
   */
  flush?(endOfInput: boolean): void | Promise<void>;
  /** What is to be committed once checkpoint `checkpointId` is complete. Synchronous: called at the barrier. */
  prepareCommit?(checkpointId: number): readonly Committable[];
  /** The writer's own state for the checkpoint, after `prepareCommit`. */
  snapshot?(checkpointId: number): readonly WriterState[];
  /** How states are dealt out after a restart at another parallelism: `list` deals, `union` gives all to all (default). */
  readonly stateMode?: 'list' | 'union';
  close(): void | Promise<void>;
}

/** Makes committables visible. One call at a time; a rejected call is retried, and fails the job when retries are spent. */
export interface Committer<Committable> {
  commit(committables: readonly Committable[], context: CommitContext): Promise<void>;
  close?(): void | Promise<void>;
}

/** What a commit is told. */
export interface CommitContext {
  /** Number of the run; a sink refuses a commit of an older one. */
  readonly epoch: number;
  /** True when these were restored from a checkpoint and may have been committed before. */
  readonly recovered: boolean;
  /** The last commit of a bounded input. */
  readonly endOfInput: boolean;
}

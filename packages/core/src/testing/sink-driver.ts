import { NULL_LOGGER } from '../base/logger.js';
import { MetricRegistry } from '../base/metrics.js';
import type { Platform } from '../base/platform.js';
import type { Committer, Sink, SinkWriter, WriterContext } from '../connector/sink.js';

/** How a {@link SinkDriver} runs. */
export interface SinkDriving {
  readonly platform: Platform;
  readonly parallelism?: number;
  readonly epoch?: number;
  readonly checkpoints?: boolean;
  readonly bounded?: boolean;
  /** Go on from here. */
  readonly restored?: SinkSnapshot;
}

/** The state of a sink in a checkpoint. */
export interface SinkSnapshot {
  readonly states: readonly unknown[];
  /** Handed out and not known to be committed, by subtask. */
  readonly pending: readonly (readonly unknown[])[];
}

/** Runs a sink without an engine: writers and committers of all subtasks, with checkpoints at the word of the test. */
export class SinkDriver<T> {
  readonly printed: string[];
  readonly rows: { readonly channel: string; readonly row: unknown }[];
  readonly metrics: MetricRegistry;
  readonly #sink: Sink<T>;
  readonly #driving: SinkDriving;
  readonly #contexts: readonly WriterContext[];
  #writers: readonly SinkWriter<T>[];
  #committers: readonly (Committer<unknown> | undefined)[];
  #pending: unknown[][];
  #checkpoint: number;

  constructor(sink: Sink<T, never, never>, driving: SinkDriving) {
    const { parallelism = 1 } = driving;
    this.printed = [];
    this.rows = [];
    this.metrics = new MetricRegistry();
    // What goes round is opaque: a sink only gets back what it gave.
    this.#sink = sink as unknown as Sink<T>;
    this.#driving = driving;
    this.#contexts = Array.from({ length: parallelism }, (_, subtask) => this.#context(subtask, parallelism));
    this.#writers = [];
    this.#committers = [];
    this.#pending = this.#contexts.map(() => []);
    this.#checkpoint = 0;
  }

  /** Checks the sink, commits what the restored checkpoint left, and opens the writers. */
  async start(): Promise<void> {
    const { platform, restored } = this.#driving;
    await this.#sink.validate?.({ platform, job: 'test', operator: 'sink', checkpointIntervalMs: this.#driving.checkpoints === false ? undefined : 60_000, resumed: restored !== undefined });
    this.#committers = this.#contexts.map((context) => this.#sink.createCommitter?.(context));
    const left = restored?.pending ?? [];
    for (let at = 0; at < left.length; at++) {
      if (left[at]!.length > 0) await this.#commit(at % this.#contexts.length, left[at]!, true, false);
    }
    const states = restored?.states ?? [];
    this.#writers = this.#contexts.map((context) => this.#sink.createWriter(context, states));
    for (const writer of this.#writers) await writer.start?.();
  }

  /** Writes a record in a subtask; waits where the writer is full. */
  async write(value: T, options: { readonly subtask?: number; readonly timestamp?: number } = {}): Promise<void> {
    const writer = this.#writers[options.subtask ?? 0]!;
    writer.write(value, { timestamp: options.timestamp ?? Number.NaN, watermark: Number.NEGATIVE_INFINITY });
    if (writer.isFull?.() === true) await writer.drained?.();
  }

  /** Tells all writers the time. */
  tick(now: number): void {
    for (const writer of this.#writers) writer.tick?.(now);
  }

  /** A barrier in all subtasks: gives what the checkpoint would keep. Nothing is committed yet. */
  async barrier(): Promise<SinkSnapshot> {
    const id = ++this.#checkpoint;
    const states: unknown[] = [];
    for (const [subtask, writer] of this.#writers.entries()) {
      await writer.flush?.(false);
      this.#pending[subtask]!.push(...(writer.prepareCommit?.(id) ?? []));
      states.push(...(writer.snapshot?.(id) ?? []));
    }
    return structuredClone({ states, pending: this.#pending });
  }

  /** The checkpoint of the last barrier is complete. */
  async complete(): Promise<void> {
    for (const [subtask, pending] of this.#pending.entries()) {
      if (pending.length > 0) await this.#commit(subtask, pending, false, false);
      this.#pending[subtask] = [];
    }
  }

  /** A barrier and its completion. */
  async checkpoint(): Promise<SinkSnapshot> {
    const snapshot = await this.barrier();
    await this.complete();
    return snapshot;
  }

  /** The end of the input: everything is written out and committed. */
  async finish(): Promise<void> {
    for (const [subtask, writer] of this.#writers.entries()) {
      await writer.flush?.(true);
      this.#pending[subtask]!.push(...(writer.prepareCommit?.(++this.#checkpoint) ?? []));
      await this.#commit(subtask, this.#pending[subtask]!, false, true);
    }
    await this.close();
  }

  /** Without checkpoints: what the engine does at each tick of an unbounded job. */
  async commitRolled(): Promise<void> {
    for (const [subtask, writer] of this.#writers.entries()) await this.#commit(subtask, writer.prepareCommit?.(++this.#checkpoint) ?? [], false, false);
  }

  /** Ends without a word, as after a failure. */
  async close(): Promise<void> {
    for (const writer of this.#writers) await writer.close();
    for (const committer of this.#committers) await committer?.close?.();
  }

  async #commit(subtask: number, committables: readonly unknown[], recovered: boolean, endOfInput: boolean): Promise<void> {
    if (committables.length === 0) return;
    await this.#committers[subtask]?.commit(committables, { epoch: this.#driving.epoch ?? 1, recovered, endOfInput });
  }

  #context(subtask: number, parallelism: number): WriterContext {
    const { platform, epoch = 1, checkpoints = true, bounded = true } = this.#driving;
    return {
      platform,
      logger: NULL_LOGGER,
      metrics: this.metrics,
      signal: new AbortController().signal,
      job: 'test',
      operator: 'sink',
      subtask,
      parallelism,
      epoch,
      checkpoints,
      bounded,
      print: (text) => this.printed.push(text),
      emitRow: (channel, row) => this.rows.push({ channel, row }),
    };
  }
}

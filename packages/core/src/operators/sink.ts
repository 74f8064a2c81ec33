import { AssertionError } from '../base/assert.js';
import { MillraceError } from '../base/errors.js';
import type { Platform } from '../base/platform.js';
import type { Committer, Sink, SinkWriter, WriteContext, WriterContext } from '../connector/sink.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { OperatorListState } from '../state/handles.js';
import { SinkFailed } from './errors.js';
import { excerpt } from '../record/excerpt.js';
import type { Fusible, StageCode } from './fusion/stage-code.js';
import type { Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo, RecordContext, TimeControl } from './operator-context.js';
import { type PendingCommit, SinkCommits } from './sink-commits.js';
import { placeOf } from './user-failure.js';

/** What a sink needs besides its operator context. */
export interface SinkRuntime {
  readonly platform: Platform;
  /** Number of the run on its checkpoint directory. */
  readonly epoch: number;
  /** True when the run has checkpoints. */
  readonly checkpoints: boolean;
  /** True when the whole input of the job is bounded. */
  readonly bounded: boolean;
  /** True when what is restored is this subtask's own. */
  readonly restoresOwn?: boolean;
  print(text: string, row: unknown): void;
  emitRow(channel: string, row: unknown): void;
}

/** How often a writer's `tick` is called, in processing time. */
export const TICK_MS = 100;

const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** A sink as an operator. Tasks make {@link SinkOperator} themselves; this is for tests and for whoever builds chains by hand. */
export function sinkOperator(settings: { readonly sink: Sink<unknown>; readonly runtime: SinkRuntime }): OperatorFactory {
  return { create: () => new SinkOperator(settings.sink, settings.runtime) };
}

/** Tells a writer about the record it is given. Few writers ask, so nothing is copied for those that do not. */
class RecordWritten implements WriteContext {
  readonly #record: RecordContext;
  readonly #time: TimeControl;

  constructor(context: OperatorContext) {
    this.#record = context.record;
    this.#time = context.time;
  }

  get timestamp(): number {
    return this.#record.timestamp;
  }

  get watermark(): number {
    return this.#time.watermark();
  }
}

/** How far the end has come. */
type EndPhase = 'ended' | 'ending' | 'running';

/**
 * The end of a chain: hands records to the sink's writer and commits what the writer prepared.
 *
 * With checkpoints, what the writer prepares at a barrier lies in the state until the checkpoint is complete, and is then
 * committed while input goes on; after a restart it is committed before anything else. Without checkpoints a bounded job
 * commits once, at its successful end; an unbounded one commits whatever the writer has rolled, at every tick.
 *
 * A writer that is full holds the input until it has drained.
 */
export class SinkOperator implements Operator, Fusible {
  recordsIn: number;
  readonly finishesOnStop = true;
  readonly #sink: Sink<unknown>;
  readonly #runtime: SinkRuntime;
  #writeContext!: WriteContext;
  #context!: OperatorContext;
  #info!: OperatorInfo;
  #writer!: SinkWriter<unknown>;
  #committer: Committer<unknown> | undefined;
  #commits: SinkCommits | undefined;
  /** One entry: what this subtask has handed out. It stays together when it is dealt out anew, so that commits keep their order. */
  #committables: OperatorListState<readonly PendingCommit[]> | undefined;
  #writerStates: OperatorListState<unknown> | undefined;
  /** True while input is held because the writer is full. */
  #draining: boolean;
  /** Flushes that were begun and have not settled. */
  #flushing: Promise<void> | undefined;
  #end: EndPhase;
  /** Numbers of commits without checkpoints. */
  #rolls: number;

  constructor(sink: Sink<unknown>, runtime: SinkRuntime) {
    this.recordsIn = 0;
    this.#sink = sink;
    this.#runtime = runtime;
    this.#committer = undefined;
    this.#commits = undefined;
    this.#committables = undefined;
    this.#writerStates = undefined;
    this.#draining = false;
    this.#flushing = undefined;
    this.#end = 'running';
    this.#rolls = 0;
  }

  async open(context: OperatorContext): Promise<void> {
    this.#context = context;
    this.#info = context.info;
    this.#writeContext = new RecordWritten(context);
    const writerContext = this.#writerContext(context);
    try {
      await this.#openCommitter(context, writerContext);
      this.#writer = this.#openWriter(context, writerContext);
      await this.#writer.start?.();
    } catch (error) {
      throw this.#failure('could not be opened', error);
    }
    this.#warnWithoutCheckpoints(context);
    this.#wakeForTick();
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    try {
      this.#writer.write(value, this.#writeContext);
      if (!this.#draining && this.#writer.isFull?.() === true) this.#drain();
    } catch (error) {
      throw this.#failure(`could not write ${excerpt(value)}`, error);
    }
  }

  /** `process` as text. */
  fuse(code: StageCode, value: string): string {
    code.site(this.#info);
    const writer = code.part(this.#writer);
    const drain = code.part(() => {
      if (!this.#draining) this.#drain();
    });
    const written = `
${writer}.write(${value}, ${code.part(this.#writeContext)});
${this.#writer.isFull === undefined ? '' : `if (${writer}.isFull() === true) ${drain}();`}`;
    return `
${code.count(this)}
${code.step(written, (error, record) => this.#failure(`could not write ${excerpt(record)}`, error), value)}`;
  }

  processingTime(now: number): Progress {
    if (this.#end === 'ended') return 'done';
    try {
      this.#writer.tick?.(now);
      if (this.#commitsAtRolls) this.#commitNow(false);
    } catch (error) {
      throw this.#failure('could not roll', error);
    }
    this.#wakeForTick();
    return 'done';
  }

  beforeSnapshot(checkpointId: number, stopping: boolean): void {
    try {
      this.#flush(stopping);
      const committables = this.#writer.prepareCommit?.(checkpointId) ?? [];
      this.#commits?.add(checkpointId, committables);
      this.#keepPending();
      const states = this.#writer.snapshot?.(checkpointId) ?? [];
      this.#writerStates?.update(states);
    } catch (error) {
      throw this.#failure('could not prepare its commit', error);
    }
  }

  #keepPending(): void {
    const pending = this.#commits?.pending ?? [];
    this.#committables?.update(pending.length === 0 ? [] : [pending]);
  }

  checkpointComplete(checkpointId: number): void {
    this.#commits?.complete(checkpointId, this.#end === 'ended');
  }

  /**
   * What a barrier's flush still waits for: a checkpoint must not count as complete before it has settled. Undefined when
   * nothing is under way. A rejection fails the subtask by itself.
   */
  get pendingFlush(): Promise<void> | undefined {
    return this.#flushing;
  }

  finish(): Progress {
    this.#end = 'ending';
    this.#context.flow.hold();
    this.#finishing().then(
      () => this.#context.mailbox.post(() => this.#commitAtEnd()),
      (error: unknown) => this.#post(this.#failure('could not be finished', error)),
    );
    return 'more';
  }

  resume(): Progress {
    return this.#end === 'ended' ? 'done' : 'more';
  }

  isSettled(): boolean {
    return this.#commits === undefined || this.#commits.isIdle;
  }

  async close(): Promise<void> {
    await this.#commits?.close();
    await this.#writer?.close();
  }

  async #openCommitter(context: OperatorContext, writerContext: WriterContext): Promise<void> {
    this.#committer = this.#sink.createCommitter?.(writerContext);
    if (this.#committer === undefined) return;
    const { platform, epoch } = this.#runtime;
    this.#commits = new SinkCommits(this.#committer, platform, context.mailbox, context.info, epoch);
    this.#committables = context.state().operatorList<readonly PendingCommit[]>('committables', DYNAMIC as TypeInfo<readonly PendingCommit[]>, 'list');
    await this.#commits.recover(this.#committables.get().flat());
    this.#committables.clear();
  }

  /** The writer says how its states are dealt out only once it exists, so what an older one left is looked for in both lists. */
  #openWriter(context: OperatorContext, writerContext: WriterContext): SinkWriter<unknown> {
    const union = context.state().operatorList('writer-states', DYNAMIC, 'union');
    const list = context.state().operatorList('writer-states-dealt', DYNAMIC, 'list');
    const writer = this.#sink.createWriter(writerContext, [...union.get(), ...list.get()]);
    this.#writerStates = writer.stateMode === 'list' ? list : union;
    (writer.stateMode === 'list' ? union : list).clear();
    return writer;
  }

  #writerContext(context: OperatorContext): WriterContext {
    const runtime = this.#runtime;
    return {
      platform: runtime.platform,
      logger: context.logger,
      metrics: context.metrics,
      signal: context.signal,
      job: context.info.job,
      operator: context.info.name,
      uid: context.info.uid,
      subtask: context.info.subtask,
      parallelism: context.info.parallelism,
      epoch: runtime.epoch,
      checkpoints: runtime.checkpoints,
      bounded: runtime.bounded,
      restoresOwn: runtime.restoresOwn === true,
      print: (text, row) => runtime.print(text, row),
      emitRow: (channel, row) => runtime.emitRow(channel, row),
    };
  }

  get #commitsAtRolls(): boolean {
    return this.#commits !== undefined && !this.#runtime.checkpoints && !this.#runtime.bounded;
  }

  #warnWithoutCheckpoints(context: OperatorContext): void {
    if (!this.#commitsAtRolls) return;
    context.logger.warn('the sink commits at every roll, because an unbounded job runs without checkpoints: after a failure results may be missing or doubled', {
      operator: context.info.name,
    });
  }

  #wakeForTick(): void {
    if (this.#writer.tick === undefined && !this.#commitsAtRolls) return;
    this.#context.time.wakeAt(this.#context.time.now() + TICK_MS);
  }

  #commitNow(endOfInput: boolean): void {
    if (this.#commits === undefined) return;
    const roll = ++this.#rolls;
    this.#commits.add(roll, this.#writer.prepareCommit?.(roll) ?? []);
    this.#commits.complete(roll, endOfInput);
  }

  #drain(): void {
    this.#draining = true;
    const { flow, mailbox } = this.#context;
    flow.hold();
    (this.#writer.drained?.() ?? Promise.resolve()).then(
      () =>
        mailbox.post(() => {
          this.#draining = false;
          flow.release();
          if (this.#end === 'running' && this.#writer.isFull?.() === true) this.#drain();
        }),
      (error: unknown) => this.#post(this.#failure('could not write', error)),
    );
  }

  #flush(endOfInput: boolean): void {
    const flushed = this.#writer.flush?.(endOfInput);
    if (flushed === undefined || flushed === null) return;
    const all = Promise.all([this.#flushing, flushed]).then(() => {
      if (this.#flushing === all) this.#flushing = undefined;
    });
    this.#flushing = all;
    all.catch((error: unknown) => this.#post(this.#failure('could not flush', error)));
  }

  async #finishing(): Promise<void> {
    if (this.#draining) await this.#writer.drained?.();
    this.#flush(true);
    await this.#flushing;
  }

  /** Everything is written. Without checkpoints it is committed now; with them the final checkpoint does it (rule 42). */
  #commitAtEnd(): void {
    const end = (): void => {
      this.#end = 'ended';
      this.#context.flow.release();
    };
    try {
      if (this.#runtime.checkpoints || this.#commits === undefined) {
        end();
        return;
      }
      this.#commitNow(true);
      this.#commits.whenIdle(end);
    } catch (error) {
      throw this.#failure('could not prepare its commit', error);
    }
  }

  #post(error: Error): void {
    this.#context.mailbox.post(() => {
      throw error;
    });
  }

  #failure(what: string, error: unknown): Error {
    if (error instanceof AssertionError) return error;
    if (error instanceof MillraceError) return error.located(placeOf(this.#info));
    return SinkFailed.error({
      what: `the sink "${this.#info.name}" ${what}: ${error instanceof Error ? error.message : String(error)}`,
      where: placeOf(this.#info),
      cause: error,
    });
  }
}

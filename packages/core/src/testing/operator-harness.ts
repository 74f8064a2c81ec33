import { assert } from '../base/assert.js';
import type { MetricRegistry } from '../base/metrics.js';
import type { Clock, Timers } from '../base/platform.js';
import { CurrentRecord } from '../operators/current-record.js';
import type { OperatorFactory, Receiver } from '../operators/operator.js';
import type { OperatorContext, OperatorInfo, RecordContext } from '../operators/operator-context.js';
import { keyGroupRange } from '../record/key-hash.js';
import type { TypeInfo } from '../record/types/type-info.js';
import { WatermarkMerger } from '../record/watermark-merger.js';
import type { StateBackend, StateBackendFactory } from '../state/backend.js';
import { heapStateBackendFactory } from '../state/backends/heap/heap-state-backend.js';
import { NodeContext } from '../task/chain-node.js';
import { FlowControl, type InputHolds } from '../task/flow-control.js';
import { TaskMailbox } from '../task/mailbox.js';
import { OperatorChain } from '../task/operator-chain.js';
import { deepFreeze } from '../record/check-mode.js';
import { HarnessMisused, OperatorStuck } from './harness-errors.js';
import { HarnessLog, LogOperator, type OutputEvent, type OutputRecord, OutputTap } from './harness-log.js';
import {
  HarnessFlow, harnessMetrics, type HarnessNode, harnessNode, KeepingLogger, LateReceiver, type LoggedMessage, timeControl,
} from './harness-nodes.js';
import { type HarnessSnapshot, HarnessSnapshotRun, watermarkOfRestored } from './harness-snapshot.js';

/** How a harness is set up. All have defaults. */
export interface HarnessOptions {
  /** Inputs of the (first) operator; 1 unless given. */
  readonly inputs?: number;
  /** Name of the first operator in errors; `operator` unless given. */
  readonly name?: string;
  /** Index of this parallel instance, from 0. */
  readonly subtask?: number;
  readonly parallelism?: number;
  readonly maxParallelism?: number;
  /** Check mode: stored values are verified; true unless said otherwise. */
  readonly check?: boolean;
  /** Freeze elements and results, so that a later change of them throws; true unless said otherwise. */
  readonly freeze?: boolean;
  /** Refuse output at every other question. */
  readonly refuseOutput?: boolean;
  /** Tags of the side outputs that are connected. */
  readonly sideOutputs?: readonly string[];
  /** Processing time at the start, in epoch milliseconds; 0 unless given. */
  readonly processingTime?: number;
  /** The snapshots of all instances that this one goes on from. */
  readonly restore?: readonly HarnessSnapshot[];
  /** Where state lives; on the heap unless given. */
  readonly stateBackend?: StateBackendFactory;
  /** The user's place, for errors. */
  readonly definedAt?: string;
}

/** A test has limits of its own for what takes too long. */
const NO_TIMERS: Timers = { setTimer: () => ({ cancel: () => {} }), immediate: () => {} };

/** How often an operator may say "more" in a row without emitting anything. */
const STUCK_AFTER = 1000;

/**
 * Runs one operator, or a short chain of them, by hand: give it elements, watermarks and processing time, look at what
 * comes out, take snapshots at any moment and restore them, also at another parallelism.
 *
 * ```ts no-run: the operator is yours
 * import type { OperatorFactory } from 'millrace/spi';
 * import { OperatorHarness } from 'millrace/testing';
 *
 * declare const doubling: OperatorFactory;
 * const harness = await OperatorHarness.open(doubling);
 * harness.element(21, 1000);
 * harness.watermark(1000);
 * console.log(harness.values);                              // [42]
 * ```
 *
 * Every call works its step off before it returns. Only what waits for promises (asyncMap, sinks) takes longer:
 * `await harness.settle()` lets it come in. Input that the operator holds back is queued and delivered when it is released.
 */
export class OperatorHarness {
  readonly metrics: MetricRegistry;
  readonly logged: readonly LoggedMessage[];
  readonly #options: HarnessOptions;
  readonly #log: HarnessLog;
  readonly #record: RecordContext;
  readonly #logger: KeepingLogger;
  readonly #abort: AbortController;
  readonly #clock: Clock;
  readonly #flow: FlowControl;
  readonly #mailbox: TaskMailbox;
  readonly #nodes: readonly HarnessNode[];
  readonly #chain: OperatorChain;
  readonly #merger: WatermarkMerger;
  readonly #held: number[];
  readonly #queue: { readonly input: number; readonly action: () => void }[];
  readonly #ended: boolean[];
  #receivers: readonly Receiver[];
  #now: number;
  /** A millisecond passes at every look at the monotonic clock, so that slices of work are as small as they can be. */
  #looks: number;
  #finishing: boolean;
  #finished: boolean;
  #closed: boolean;
  #checkpointId: number;

  private constructor(factories: readonly OperatorFactory[], options: HarnessOptions) {
    const inputs = options.inputs ?? 1;
    this.metrics = harnessMetrics();
    this.#logger = new KeepingLogger();
    this.logged = this.#logger.messages;
    this.#options = options;
    this.#log = new HarnessLog(options.freeze !== false);
    this.#record = new CurrentRecord();
    this.#abort = new AbortController();
    this.#clock = { now: () => this.#now, monotonicMs: () => (this.#looks += 1) };
    this.#looks = 0;
    this.#now = options.processingTime ?? 0;
    this.#flow = new FlowControl(this.#clock, factories.length + 1);
    this.#flow.beginTurn(Number.POSITIVE_INFINITY);
    this.#mailbox = new TaskMailbox(() => {});
    this.#nodes = this.#makeNodes(factories);
    this.#chain = new OperatorChain(this.#nodes, [], this.#flow);
    this.#merger = new WatermarkMerger(
      { emitWatermark: (watermark) => this.#chain.advanceWatermark(watermark), emitStatus: (status) => this.#chain.changeStatus(status === 'idle') },
      { channels: inputs, over: 'inputs', floor: watermarkOfRestored(options.restore, 0) },
    );
    this.#held = new Array<number>(inputs).fill(0);
    this.#queue = [];
    this.#ended = new Array<boolean>(inputs).fill(false);
    this.#receivers = [];
    this.#finishing = false;
    this.#finished = false;
    this.#closed = false;
    this.#checkpointId = 0;
  }

  /** Makes and opens the operators; with `restore` in the options they go on from there. */
  static async open(operators: OperatorFactory | readonly OperatorFactory[], options: HarnessOptions = {}): Promise<OperatorHarness> {
    const harness = new OperatorHarness('create' in operators ? [operators] : operators, options);
    for (const node of [...harness.#nodes].reverse()) await node.operator.open(node.context);
    harness.#receivers = Array.from({ length: options.inputs ?? 1 }, (_, input) => harness.#chain.input(input));
    harness.#work();
    return harness;
  }

  /** Gives one element to an input; without a timestamp it has none. */
  element(value: unknown, timestamp?: number, input: number = 0): void {
    if (this.#options.freeze !== false) deepFreeze(value);
    this.#submit(input, () => {
      this.#record.timestamp = timestamp ?? Number.NaN;
      this.#receivers[input]!.process(value);
      this.#record.timestamp = Number.NaN;
    });
  }

  /** Gives several elements: values, or pairs of value and timestamp when `timestampOf` is given. */
  elements<T>(values: Iterable<T>, timestampOf?: (value: T) => number, input: number = 0): void {
    for (const value of values) this.element(value, timestampOf?.(value), input);
  }

  /** Advances event time on an input; the operator sees the minimum over its active inputs. */
  watermark(watermark: number, input: number = 0): void {
    this.#submit(input, () => this.#merger.advance(input, watermark));
  }

  /** Says that an input is idle. */
  idle(input: number = 0): void {
    this.#submit(input, () => this.#merger.setIdle(input, true));
  }

  /** Says that an input is active again. */
  active(input: number = 0): void {
    this.#submit(input, () => this.#merger.setIdle(input, false));
  }

  /** Sets the processing time and lets what is due happen. */
  processingTime(time: number): void {
    this.#now = time;
    this.#work();
  }

  /** Gives operators with watermarks of their own the chance to emit one, as after each source batch. */
  watermarkChance(): void {
    this.#chain.watermarkChance();
    this.#work();
  }

  /** Ends one input; when it is the last, event time ends too. Without `drained` as in a job that is stopped: event time stays where it is. */
  endInput(input: number = 0, drained: boolean = true): void {
    this.#submit(input, () => {
      if (this.#ended[input] === true) return;
      this.#ended[input] = true;
      if (drained) this.#merger.advance(input, Number.POSITIVE_INFINITY);
      this.#chain.inputEnded(input, drained);
    });
  }

  /** Ends all inputs and finishes the operators. What waits for promises finishes in `settle`. */
  finish(): void {
    for (let input = 0; input < this.#ended.length; input++) this.endInput(input);
    this.#finishing = true;
    this.#work();
  }

  /** True when `finish` was called and all operators have finished. */
  get isFinished(): boolean {
    return this.#finished;
  }

  /** Lets promises settle and works off what they bring, until nothing comes any more. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < SETTLED_AFTER; ) {
      await Promise.resolve();
      if (this.#mailbox.isEmpty) {
        quiet++;
        continue;
      }
      quiet = 0;
      this.#work();
    }
  }

  /** Takes a snapshot at once. */
  snapshot(): HarnessSnapshot {
    return this.beginSnapshot().finish();
  }

  /** Begins a snapshot: its contents are fixed, its bytes are made by `advance` and `finish` while elements go on. */
  beginSnapshot(): HarnessSnapshotRun {
    if (this.#flow.deepestBacklog >= 0) {
      throw HarnessMisused.error({ what: 'a snapshot was asked for while the operator has unfinished work', remedy: 'Call `await harness.settle()` before.' });
    }
    const checkpointId = ++this.#checkpointId;
    this.#chain.beforeSnapshot(checkpointId, false);
    return new HarnessSnapshotRun(checkpointId, this.#nodes);
  }

  /** Tells the operators that a checkpoint is complete; the last one unless given. */
  checkpointComplete(checkpointId: number = this.#checkpointId): void {
    this.#chain.checkpointComplete(checkpointId);
    this.#work();
  }

  /** Closes the operators and frees their state. Errors of `close` methods are thrown. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#abort.abort();
    this.#mailbox.close();
    const [error] = await this.#chain.close(NO_TIMERS);
    if (error !== undefined) throw error;
  }

  /** Everything that came out, in order. */
  get events(): readonly OutputEvent[] {
    return this.#log.events;
  }

  /** The records of the main output, with their timestamps. */
  get outputs(): readonly OutputRecord[] {
    return this.#recordsOf('main');
  }

  /** The values of the main output. */
  get values(): readonly unknown[] {
    return this.outputs.map((record) => record.value);
  }

  /** The watermarks that came out. */
  get watermarks(): readonly number[] {
    return this.events.flatMap((event) => (event.kind === 'watermark' ? [event.watermark] : []));
  }

  /** The records of a side output. */
  side(tag: string): readonly OutputRecord[] {
    return this.#recordsOf(tag);
  }

  /** The values of a side output. */
  sideValues(tag: string): readonly unknown[] {
    return this.side(tag).map((record) => record.value);
  }

  /** Everything that came out since the last call; forgets it. */
  takeEvents(): readonly OutputEvent[] {
    return this.#log.events.splice(0);
  }

  /** True while the operator holds back its whole input (a full sink, asynchronous calls at their limit). */
  get isHeld(): boolean {
    return this.#flow.isHeld;
  }

  /** Elements and watermarks that wait because their input is held. */
  get queued(): number {
    return this.#queue.length;
  }

  /** The processing time. */
  get now(): number {
    return this.#now;
  }

  /** The processing time at which an operator wants to be woken, or Infinity. */
  get nextWake(): number {
    return this.#chain.nextWake;
  }

  /** The watermark that an operator of the chain works with; the first one unless given. */
  watermarkOf(index: number = 0): number {
    return this.#nodes[index]!.watermark;
  }

  #recordsOf(output: string): readonly OutputRecord[] {
    return this.events.filter((event): event is OutputRecord => event.kind === 'record' && event.output === output);
  }

  #submit(input: number, action: () => void): void {
    if (this.#receivers[input] === undefined) throw HarnessMisused.error({ what: `the operator has no input ${input}` });
    if (this.#closed || this.#finished) throw HarnessMisused.error({ what: 'the harness is at its end' });
    this.#queue.push({ input, action });
    this.#work();
  }

  /** Works off whatever can go on: mail, unfinished output, due times, queued input. */
  #work(): void {
    let withoutProgress = 0;
    for (;;) {
      this.#mailbox.run(() => true);
      if (this.#flow.deepestBacklog >= 0) {
        const before = this.#log.events.length;
        const progress = this.#chain.resume();
        if (progress === 'more' && this.#flow.isHeld && this.#mailbox.isEmpty) return;
        withoutProgress = progress === 'done' || this.#log.events.length > before ? 0 : withoutProgress + 1;
        if (withoutProgress > STUCK_AFTER) throw OperatorStuck.error({ what: `the operator said "more" ${STUCK_AFTER} times and emitted nothing` });
        continue;
      }
      if (this.#chain.nextWake <= this.#now) {
        this.#chain.advanceProcessingTime(this.#now);
        continue;
      }
      if (!this.#mailbox.isEmpty || this.#deliver()) continue;
      if (!this.#finishing || this.#finished || this.#queue.length > 0 || this.#flow.isHeld) return;
      const progress = this.#chain.finish(() => true);
      if (progress === 'waiting') return;
      if (progress === 'done') this.#finished = true;
    }
  }

  /** Gives the operator the first queued piece of input that is not held; false when there is none. */
  #deliver(): boolean {
    if (this.#flow.isHeld) return false;
    const index = this.#queue.findIndex(({ input }) => this.#held[input] === 0);
    if (index < 0) return false;
    const [next] = this.#queue.splice(index, 1);
    next!.action();
    return true;
  }

  #makeNodes(factories: readonly OperatorFactory[]): readonly HarnessNode[] {
    const { restore } = this.#options;
    const nodes = factories.map((factory, index) => harnessNode(index, factory.create(), this.#info(index), watermarkOfRestored(restore, index)));
    const log = new LogOperator(this.#log);
    const floor = watermarkOfRestored(restore, factories.length);
    nodes.push(harnessNode(factories.length, log, this.#info(factories.length), floor));
    nodes.forEach((node, index) => {
      const next = nodes[index + 1];
      if (next !== undefined) node.children.push({ node: next, input: 0, counter: next.operator });
      node.context = this.#contextOf(node, next === undefined ? NOWHERE : new LateReceiver(next.operator));
    });
    return nodes;
  }

  #contextOf(node: HarnessNode, output: Receiver): OperatorContext {
    const holds: InputHolds = {
      holdInput: (_operator, input) => (this.#held[input] = this.#held[input]! + 1),
      releaseInput: (_operator, input) => {
        assert(this.#held[input]! > 0, 'an input is released as often as it was held');
        this.#held[input] = this.#held[input]! - 1;
      },
    };
    const sideOutputs = new Map<string, Receiver>();
    for (const tag of this.#options.sideOutputs ?? []) sideOutputs.set(tag, new OutputTap(this.#log, tag, this.#record));
    return new NodeContext({
      info: this.#info(node.index),
      record: this.#record,
      output,
      sideOutputs,
      flow: new HarnessFlow(this.#flow, node.index, holds, this.#options.refuseOutput === true),
      time: timeControl(() => this.#chain, () => this.#now, node),
      mailbox: this.#mailbox,
      metrics: this.metrics,
      logger: this.#logger,
      signal: this.#abort.signal,
      state: (keyType) => (node.backend ??= this.#makeBackend(node, keyType)),
    });
  }

  #makeBackend(node: HarnessNode, keyType: TypeInfo | undefined): StateBackend {
    const info = this.#info(node.index);
    const backend = (this.#options.stateBackend ?? heapStateBackendFactory).create({
      operatorUid: info.uid,
      operatorName: info.name,
      keyGroups: keyGroupRange(info.subtask, info.parallelism, info.maxParallelism),
      maxParallelism: info.maxParallelism,
      keyType,
      clock: this.#clock,
      subtask: info.subtask,
      parallelism: info.parallelism,
      check: info.check,
      incremental: false,
    });
    const restored = (this.#options.restore ?? []).flatMap((snapshot) => snapshot.operators[node.index]?.state ?? []);
    if (restored.length > 0) backend.restore(restored);
    return backend;
  }

  #info(index: number): OperatorInfo {
    const options = this.#options;
    const name = options.name ?? 'operator';
    return {
      job: 'harness',
      name: index === 0 ? name : `${name}-${index}`,
      uid: index === 0 ? name : `${name}-${index}`,
      subtask: options.subtask ?? 0,
      parallelism: options.parallelism ?? 1,
      maxParallelism: options.maxParallelism ?? 128,
      attempt: options.restore === undefined ? 0 : 1,
      definedAt: options.definedAt,
      check: options.check !== false,
    };
  }
}

/** Rounds of settled promises without mail after which nothing more is expected. */
const SETTLED_AFTER = 50;

const NOWHERE: Receiver = Object.freeze({ process: () => {} });

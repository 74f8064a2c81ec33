import { assert } from '../base/assert.js';
import { END_OF_INPUT, type BarrierElement } from '../record/element.js';
import { PATIENT_SLICE_MS } from '../state/backend.js';
import type { ChainNode } from './chain-node.js';
import { CheckpointTiming } from './checkpoint-timing.js';
import { locateFailure } from './failure-location.js';
import type { FlowControl } from './flow-control.js';
import type { TaskMailbox } from './mailbox.js';
import type { OperatorChain } from './operator-chain.js';
import type { SubtaskEnvironment, SourceSubtaskSnapshot } from './ports.js';
import { SnapshotPace } from './snapshot-pace.js';
import { headWatermark, SubtaskMetricReader, type SubtaskMetrics } from './subtask-metrics.js';
import { SubtaskSnapshotRun } from './subtask-snapshot.js';
import { SubtaskTimes, type TimeUse } from './subtask-times.js';
import type { TaskInput } from './task-input.js';

/** How far the records have come: more work at hand, waiting (for input, credit, mail or a time), or the end: all input is worked off and everything was sent. */
type Progress = 'more' | 'waiting' | 'ended';

/**
 * What a step left. With `spare` there is nothing to do but the rest of a snapshot, which waits for whatever else comes. A
 * subtask at its end still takes part in checkpoints until it is closed.
 */
export type StepResult = Progress | 'spare';

/** The parts a subtask is made of (`subtask-builder.ts`). */
export interface SubtaskParts {
  readonly name: string;
  readonly environment: SubtaskEnvironment;
  readonly chain: OperatorChain;
  readonly flow: FlowControl;
  readonly mailbox: TaskMailbox;
  readonly input: TaskInput;
  /** The source's part of a snapshot; absent without a source. */
  readonly sourceSnapshot: ((checkpointId: number) => SourceSubtaskSnapshot) | undefined;
}

/** A subtask as {@link Subtask.describe} shows it. */
export interface SubtaskDescription {
  readonly name: string;
  readonly phase: string;
  readonly recordsIn: number;
  /** Event time at the head of its chain; that which a source has made. */
  readonly watermark: number;
  /** The lowest watermark it has passed on to others, or to the end of its chain. */
  readonly emittedWatermark: number;
  /** It has told those behind it not to wait for its watermarks: a source without input for a while. */
  readonly isIdle: boolean;
  /** An output waits for credit: something behind it is slow. */
  readonly isOutputBlocked: boolean;
  /** An operator holds the input: a full sink, asynchronous calls at capacity. */
  readonly isHeld: boolean;
  readonly unfinishedOperator: string | undefined;
  readonly waitingBarriers: readonly number[];
  readonly snapshotUnderWay: number | undefined;
  readonly metrics: SubtaskMetrics;
}

/** How long one slice of a background snapshot may take while records wait behind it. */
const SNAPSHOT_SLICE_MS = 1;

/** How long one slice of the state's own upkeep may take. */
const MAINTENANCE_SLICE_MS = 0.5;
const MAINTENANCE_INTERVAL_MS = 50;

/** So long a source whose work is shared stands back behind what waits in channels. Then it reads for a slice: with more to do than there is time for it would never come to its end. */
const STANDS_BACK_MS = 30;

/**
 * One parallel instance of a chain: the loop that drives it.
 *
 * A step does, in this order: mail, timers due, unfinished work, input, and a slice of a running snapshot once there is nothing else to do, or
 * before the rest when it has waited long enough ({@link SnapshotPace}). It ends when its time is up or nothing can go on. Everything is synchronous; whatever finishes elsewhere comes in as mail.
 */
export class Subtask {
  readonly name: string;
  readonly #environment: SubtaskEnvironment;
  readonly #chain: OperatorChain;
  readonly #flow: FlowControl;
  readonly #mailbox: TaskMailbox;
  readonly #input: TaskInput;
  readonly #sourceSnapshot: ((checkpointId: number) => SourceSubtaskSnapshot) | undefined;
  readonly #times: SubtaskTimes;
  readonly #timing: CheckpointTiming;
  readonly #metrics: SubtaskMetricReader;
  #snapshot: SubtaskSnapshotRun | undefined;
  /**
   * Barriers that the coordinator sent to this source and that wait for the end of the batch, and between them what came
   * after one and before the next. The first is always a barrier.
   */
  readonly #waiting: (BarrierElement | (() => void))[];
  #phase: 'running' | 'finishing' | 'ended';
  /** The newest barrier of the source that was taken to those of the channels. */
  #barrierMet: number;
  /** The savepoint that the job is to stop with: from its barrier on the subtask stands still. */
  #stoppingWith: number | undefined;
  /** The newest checkpoint that was given up: its barrier may still be on the way. */
  #lastAborted: number;
  #lastFlush: number;
  #lastMaintenance: number;
  /** When a source whose work is shared read last. */
  #lastRead: number;
  readonly #pace: SnapshotPace;

  constructor(parts: SubtaskParts) {
    this.name = parts.name;
    this.#environment = parts.environment;
    this.#chain = parts.chain;
    this.#flow = parts.flow;
    this.#mailbox = parts.mailbox;
    this.#input = parts.input;
    this.#sourceSnapshot = parts.sourceSnapshot;
    const { clock } = parts.environment.platform;
    this.#times = new SubtaskTimes(clock.monotonicMs());
    this.#timing = new CheckpointTiming(clock);
    this.#metrics = new SubtaskMetricReader({ clock, chain: parts.chain, input: parts.input, times: this.#times, timing: this.#timing });
    this.#snapshot = undefined;
    this.#waiting = [];
    this.#phase = 'running';
    this.#barrierMet = -1;
    this.#stoppingWith = undefined;
    this.#lastAborted = -1;
    this.#lastFlush = 0.5;
    this.#lastMaintenance = 0.5;
    this.#lastRead = 0.5;
    this.#pace = new SnapshotPace();
  }

  get chain(): OperatorChain {
    return this.#chain;
  }

  get hasEnded(): boolean {
    return this.#phase === 'ended';
  }

  /** A source, what it does not read others take over. */
  get isShared(): boolean {
    return this.#input.isShared === true;
  }

  get readsChannels(): boolean {
    return this.#input.readsChannels;
  }

  /** Records read so far. */
  get recordsIn(): number {
    return this.#input.recordsIn;
  }

  /** True when nothing is under way outside the thread that this subtask must still hear of (commits, asynchronous calls). */
  get isSettled(): boolean {
    // Whoever stands still is not waited for: what holds its input is in the savepoint.
    const isHeld = this.#flow.isHeld && this.#stoppingWith === undefined;
    if (!this.#mailbox.isEmpty || isHeld || this.#snapshot !== undefined || this.#waiting.length > 0) return false;
    return this.#chain.nodes.every((node) => node.operator.isSettled?.() !== false);
  }

  /** The processing time at which this subtask wants to be stepped, or Infinity. */
  get nextWake(): number {
    return this.#stoppingWith === undefined ? this.#chain.nextWake : Number.POSITIVE_INFINITY;
  }

  /**
   * Runs until `deadline` of the monotonic clock at the most. `now` is the processing time. Others of the thread may have more to do (`othersWait`),
   * before which a snapshot does not come just because this subtask has nothing else, nor a source whose work is shared. A failure is thrown with its
   * place; the subtask is not to be stepped after that.
   */
  step(deadline: number, now: number, othersWait: boolean = false): StepResult {
    try {
      if (this.#times.use !== 'busy') this.#spendTime('busy');
      const result = this.#step(deadline, now, othersWait);
      if (result === 'waiting' || result === 'ended') this.#spendTime(this.#waitsFor());
      return result;
    } catch (error) {
      throw locateFailure(error, this.name, this.#environment.job, this.#input);
    }
  }

  #spendTime(use: TimeUse): void {
    this.#times.change(use, this.#environment.platform.clock.monotonicMs());
  }

  #waitsFor(): TimeUse {
    if (this.#flow.isOutputBlocked) return 'backPressured';
    return this.#flow.isHeld || this.#chain.waitsAtEnd !== undefined ? 'busy' : 'idle';
  }

  #step(deadline: number, now: number, othersWait: boolean): StepResult {
    this.#chain.batchNow = now;
    this.#flow.beginTurn(deadline);
    this.#mailbox.run(() => this.#flow.hasTime());
    if (now >= this.nextWake) this.#chain.advanceProcessingTime(now);
    const running = this.#snapshot;
    const isDue = running !== undefined && this.#isDue(running);
    if (isDue) this.#advanceSnapshot();
    const progress = this.#work(deadline, othersWait);
    this.#flushWhenDue(now, progress);
    // Not in the step in which it began: what waited for the barrier comes first.
    if (running !== undefined && running === this.#snapshot && !isDue && !othersWait && progress !== 'more' && this.#flow.hasTime()) this.#advanceSnapshot();
    if (this.#stoppingWith === undefined) this.#takeBarriers();
    if (progress === 'more' || !this.#mailbox.isEmpty) return 'more';
    return this.#snapshot !== undefined && !this.#isFlushing() ? 'spare' : progress;
  }

  #work(deadline: number, othersWait: boolean): Progress {
    if (this.#stoppingWith !== undefined) return this.#phase === 'ended' ? 'ended' : 'waiting';
    if (this.#phase === 'ended') {
      return this.#runEndedInput();
    }
    if (!this.#isWorkedOff()) {
      this.#input.standBack?.();
      return this.#whenStopped();
    }
    if (this.#phase === 'finishing') return this.#finish();
    if (this.#chain.isEnding && (this.#chain.finishEnded(finishes) === 'more' || this.#flow.stopped)) return this.#whenStopped();
    if (this.#isBarrierDue() && !this.#input.hasPartialBatch) return 'more';
    if (othersWait && this.#standsBack()) {
      this.#input.standBack?.();
      return 'more';
    }
    // What is read when the turn is already over is a few records: not yet the slice that is due.
    const isSlice = this.isShared && this.#environment.platform.clock.monotonicMs() < deadline;
    const found = this.#input.run();
    if (isSlice) this.#lastRead = this.#environment.platform.clock.monotonicMs();
    if (found === 'end' && this.#flow.deepestBacklog < 0) {
      this.#phase = 'finishing';
      return this.#finish();
    }
    if (this.#chain.isEnding) return 'more';
    if (found === 'nothing' || this.#isMaintenanceDue()) this.#chain.maintain(MAINTENANCE_SLICE_MS);
    if (found === 'nothing') return 'waiting';
    return this.#flow.stopped ? this.#whenStopped() : 'more';
  }

  /** Goes on with what is unfinished, and then with what was due meanwhile: each record might leave something again. False when there is no room for more. */
  #isWorkedOff(): boolean {
    if (this.#flow.isOutputBlocked || this.#flow.isHeld) return false;
    if (this.#flow.deepestBacklog >= 0) {
      if (this.#chain.resume() === 'more') return false;
      this.#chain.advanceProcessingTime(this.#chain.batchNow);
    }
    return !this.#flow.stopped;
  }

  /** Whether to leave the input for now. Not before a barrier, which waits for the end of the batch. */
  #standsBack(): boolean {
    return this.isShared && this.#waiting.length === 0 && this.#environment.platform.clock.monotonicMs() - this.#lastRead < STANDS_BACK_MS;
  }

  /** Only the end of the turn is a reason to be called again at once; all else wakes the subtask by itself. */
  #whenStopped(): Progress {
    return this.#flow.isOutputBlocked || this.#flow.isHeld ? 'waiting' : 'more';
  }

  /** After the end a gate still delivers barriers. */
  #runEndedInput(): Progress {
    if (this.#flow.isHeld) return 'waiting';
    return this.#input.run() === 'more' ? this.#whenStopped() : 'ended';
  }

  #finish(): Progress {
    const progress = this.#chain.finish(finishes);
    if (progress === 'more') return this.#whenStopped();
    if (progress === 'waiting') return this.#input.run() === 'more' ? this.#whenStopped() : 'waiting';
    this.#chain.broadcast(END_OF_INPUT);
    this.#phase = 'ended';
    // Barriers may have come in while the operators finished: the input is looked at once more.
    return 'more';
  }

  /** A subtask that is never idle looks after its state all the same, now and then. */
  #isMaintenanceDue(): boolean {
    const now = this.#chain.batchNow;
    if (now - this.#lastMaintenance < MAINTENANCE_INTERVAL_MS) return false;
    this.#lastMaintenance = now;
    return true;
  }

  #flushWhenDue(now: number, progress: Progress): void {
    if (progress === 'more' && now - this.#lastFlush < this.#environment.settings.bufferTimeoutMs) return;
    this.#lastFlush = now;
    this.#chain.flushOutputs();
  }

  /** What it has done and how its time is spent, as of now. */
  metrics(): SubtaskMetrics {
    return this.#metrics.read();
  }

  /** What the subtask is doing and what it waits for: plain data for people who ask why nothing happens. */
  describe(): SubtaskDescription {
    const unfinished = this.#chain.nodes[this.#flow.deepestBacklog] ?? this.#chain.waitsAtEnd;
    const ends = this.#chain.nodes.filter((node) => node.edges.length > 0 || node.children.length === 0);
    return {
      name: this.name,
      phase: this.#phase,
      recordsIn: this.#input.recordsIn,
      watermark: headWatermark(this.#chain),
      emittedWatermark: ends.reduce((lowest, node) => Math.min(lowest, node.emittedWatermark), Number.POSITIVE_INFINITY),
      isIdle: ends.every((node) => node.emittedIdle),
      isOutputBlocked: this.#flow.isOutputBlocked,
      isHeld: this.#flow.isHeld,
      unfinishedOperator: unfinished?.name,
      waitingBarriers: this.#waiting.flatMap((waiting) => (typeof waiting === 'function' ? [] : [waiting.checkpointId])),
      snapshotUnderWay: this.#snapshot?.checkpointId,
      metrics: this.#metrics.read(),
    };
  }

  /** The coordinator starts a checkpoint at this source. */
  triggerCheckpoint(barrier: BarrierElement): void {
    this.#waiting.push(barrier);
    this.#input.pauseAtBatchEnd = true;
    this.#environment.wake();
  }

  /**
   * Runs `action` in order with barriers: at once, or behind those that still wait. Splits that were assigned after a
   * checkpoint was triggered must not get into it, since the enumerator's part of it still has them.
   */
  inOrderWithBarriers(action: () => void): void {
    if (this.#waiting.length === 0) action();
    else this.#waiting.push(action);
  }

  /** Checkpoint `checkpointId` is complete everywhere. */
  checkpointComplete(checkpointId: number): void {
    this.#mailbox.post(() => {
      this.#chain.checkpointComplete(checkpointId);
      if (this.#stoppingWith === checkpointId) this.#phase = 'ended';
    });
  }

  /** Gives the running snapshot up. */
  abortCheckpoint(checkpointId: number): void {
    this.#timing.abandoned();
    this.#lastAborted = Math.max(this.#lastAborted, checkpointId);
    if (this.#stoppingWith === checkpointId) {
      this.#stoppingWith = undefined;
      this.#environment.wake();
    }
    if (this.#snapshot?.checkpointId !== checkpointId) return;
    this.#snapshot.cancel();
    this.#snapshot = undefined;
  }

  #takeBarriers(): void {
    while (this.#waiting.length > 0 && this.#isBetweenRecords()) {
      const first = this.#waiting[0];
      if (typeof first !== 'function' && first !== undefined && !this.#passes(first)) return;
      this.#waiting.shift();
      if (typeof first === 'function') first();
      this.#input.pauseAtBatchEnd = this.#waiting.length > 0;
    }
  }

  /** Takes the snapshot at the source's barrier; false when it has to wait. */
  #passes(barrier: BarrierElement): boolean {
    const meetsOthers = this.#input.sourceAtBarrier !== undefined;
    // One that channels have to bring, too, was perhaps the last thing to come: then its own snapshot is under way.
    if (this.#snapshot !== undefined && !(meetsOthers && this.#snapshot.checkpointId >= barrier.checkpointId)) return false;
    if (!meetsOthers) {
      this.takeSnapshot(barrier);
      return true;
    }
    this.#barrierMet = barrier.checkpointId;
    this.barrierSeen(barrier);
    return this.#input.sourceAtBarrier?.(barrier) === true;
  }

  /** Whether the input stands still for the first barrier that waits; not for one that channels are still to bring. */
  #isBarrierDue(): boolean {
    const first = this.#waiting[0];
    return first !== undefined && (typeof first === 'function' || first.checkpointId !== this.#barrierMet);
  }

  #isBetweenRecords(): boolean {
    return !this.#input.hasPartialBatch && this.#flow.deepestBacklog < 0;
  }

  /** A barrier has come on one of the inputs. */
  barrierSeen(barrier: BarrierElement): void {
    this.#timing.barrierSeen(barrier);
  }

  /** The barrier has come on all inputs: fixes the state, passes the barrier on, and goes on. */
  takeSnapshot(barrier: BarrierElement): void {
    // One at a time: the coordinator sends a barrier only when the checkpoint before is complete or given up.
    this.#snapshot?.cancel();
    this.#timing.syncBegins(barrier);
    assert(this.#flow.deepestBacklog < 0, 'a barrier waits until no operator has unfinished work');
    const { clock, points } = this.#environment.platform;
    points.reach('before-sync-snapshot');
    const stopping = barrier.options.savepoint?.then === 'stop' && barrier.checkpointId > this.#lastAborted;
    this.#chain.beforeSnapshot(barrier.checkpointId, stopping);
    this.#pace.begins(clock.monotonicMs());
    this.#snapshot = new SubtaskSnapshotRun(barrier.checkpointId, this.#chain.nodes, this.#sourceSnapshot?.(barrier.checkpointId), clock);
    points.reach('after-sync-snapshot');
    this.#chain.broadcast(barrier);
    if (stopping) this.#stoppingWith = barrier.checkpointId;
    this.#timing.syncEnds();
  }

  /** Records that wait and results that are due come before the bytes of a snapshot, but not for long; and a barrier may be waiting for its end. */
  #isDue(snapshot: SubtaskSnapshotRun): boolean {
    return snapshot.isWritten || this.#waiting.length > 0 || this.#pace.isDue(this.#environment.platform.clock.monotonicMs(), this.#flow.deepestBacklog >= 0);
  }

  #advanceSnapshot(): void {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) return;
    const { clock } = this.#environment.platform;
    const began = clock.monotonicMs();
    const progress = snapshot.advance(this.#phase === 'ended' ? PATIENT_SLICE_MS : SNAPSHOT_SLICE_MS);
    const now = clock.monotonicMs();
    this.#pace.tookSlice(now);
    this.#timing.tookSlice(now - began);
    if (progress === 'more' || this.#isFlushing()) return;
    this.#snapshot = undefined;
    this.#environment.platform.points.reach('before-ack');
    this.#environment.coordinator.acknowledge(snapshot.checkpointId, snapshot.result((bytes) => this.#timing.done(bytes)));
  }

  /** True while a sink's flush for the barrier is under way; when it settles the subtask is woken. */
  #isFlushing(): boolean {
    for (const { operator } of this.#chain.nodes) {
      const flush = operator.pendingFlush;
      if (flush === undefined) continue;
      const wake = (): void => this.#environment.wake();
      flush.then(wake, wake);
      return true;
    }
    return false;
  }

  /** Closes the operators and drops all mail. Called once, whatever happened before. Gives the errors. */
  async close(): Promise<unknown[]> {
    this.#snapshot?.cancel();
    this.#mailbox.close();
    return this.#chain.close(this.#environment.platform.timers);
  }
}

/** Without the final watermark the job was stopped, not drained: windows stay as they are, and only who must finishes. */
function finishes({ watermark, emittedWatermark, operator }: ChainNode): boolean {
  return watermark === Number.POSITIVE_INFINITY || emittedWatermark === Number.POSITIVE_INFINITY || operator.finishesOnStop === true;
}

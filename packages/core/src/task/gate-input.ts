import { assert, unreachable } from '../base/assert.js';
import type { ErrorLocation } from '../base/errors.js';
import { barrierArrived, initialAlignment, type AlignmentState } from '../checkpoint/alignment.js';
import type { BatchLoop } from '../operators/fusion/batch-loop.js';
import type { BatchPlace } from '../operators/fusion/record-loop.js';
import type { BarrierElement, StreamElement } from '../record/element.js';
import type { RecordBatch } from '../record/record-batch.js';
import type { ChainEntry } from './chain-node.js';
import type { FlowControl } from './flow-control.js';
import { GateWatermarks } from './gate-watermarks.js';
import type { OperatorChain } from './operator-chain.js';
import type { ChannelReader } from './ports.js';
import type { InputProgress, InputQueue, TaskInput } from './task-input.js';

/** One incoming channel and the entry of the chain that it leads to. */
export interface GateChannel {
  readonly reader: ChannelReader;
  readonly entry: number;
}

/** An input of an operator that channels lead to, and what runs their batches into it. */
export interface GateEntry extends ChainEntry {
  readonly loop: BatchLoop;
  /** Runs a batch of partial accumulators into it, where it takes any. */
  readonly partialLoop: BatchLoop | undefined;
}

/**
 * The entrance of a subtask that reads channels: takes their elements in turn, aligns barriers, merges the watermarks of
 * each input, and pushes records into the chain.
 */
export class GateInput implements TaskInput {
  readonly readsChannels = true;
  readonly #channels: readonly GateChannel[];
  readonly #chain: OperatorChain;
  readonly #flow: FlowControl;
  /** How far the batch under way has gone into the chain. */
  readonly #place: BatchPlace;
  readonly #entries: readonly GateEntry[];
  readonly #watermarks: GateWatermarks;
  readonly #hooks: GateHooks;
  readonly #blocked: Uint8Array;
  readonly #held: Int32Array;
  /** By entry: how often another is held until this one has brought something. */
  readonly #awaited: Int32Array;
  readonly #ended: Uint8Array;
  #open: number;
  #alignment: AlignmentState;
  #next: number;
  #batch: RecordBatch | undefined;
  #batchChannel: number;
  /** Records of the batches that are through. */
  #recordsThrough: number;
  pauseAtBatchEnd: boolean;

  /** With `awaitsSource` a snapshot is not taken before {@link GateInput.sourceAtBarrier} either. */
  constructor({ channels, entries, place, chain, flow, hooks, awaitsSource }: GateParts) {
    this.#channels = channels;
    this.#chain = chain;
    this.#flow = flow;
    this.#place = place;
    this.#entries = entries;
    this.#watermarks = new GateWatermarks(channels.map((channel) => channel.entry), entries, chain);
    this.#hooks = hooks;
    this.#blocked = new Uint8Array(channels.length);
    this.#held = new Int32Array(entries.length);
    this.#awaited = new Int32Array(entries.length);
    this.#ended = new Uint8Array(channels.length);
    for (const channel of channels) channel.reader.onElement(hooks.wake);
    this.#open = channels.length;
    this.#alignment = initialAlignment(channels.length + (awaitsSource ? 1 : 0));
    this.#next = 0;
    this.#batch = undefined;
    this.#batchChannel = 0;
    this.#recordsThrough = 0;
    this.pauseAtBatchEnd = false;
  }

  run(): InputProgress {
    while (!this.#flow.stopped) {
      const found = this.runOne();
      if (found !== 'more' || this.#batch !== undefined || !this.#flow.hasTime()) return found;
    }
    return 'more';
  }

  /** Takes one element, or goes on with the batch under way. */
  runOne(): InputProgress {
    if (this.#batch === undefined && this.#nextChannel() < 0) return this.#open === 0 ? 'end' : 'nothing';
    if (this.#batch !== undefined) this.#runBatch(this.#batch);
    return 'more';
  }

  get recordsIn(): number {
    return this.#recordsThrough + this.#place.cursor;
  }

  get hasPartialBatch(): boolean {
    return this.#batch !== undefined;
  }

  queue(): InputQueue {
    let bytes = 0;
    let batches = 0;
    let usage = 0;
    for (const { reader } of this.#channels) {
      bytes += reader.bytesReceived;
      batches += reader.waitingBatches;
      usage = Math.max(usage, reader.fillLevel);
    }
    return { bytes, batches, usage };
  }

  currentPlace(): ErrorLocation {
    return {};
  }

  /** Takes nothing from the channels of an entry until it is released as often; the operator `by` wants something from its other inputs first. */
  hold(entry: number, by: number): void {
    this.#held[entry] = (this.#held[entry] as number) + 1;
    this.#count(by, entry, 1);
  }

  release(entry: number, by: number): void {
    this.#held[entry] = (this.#held[entry] as number) - 1;
    this.#count(by, entry, -1);
  }

  #count(by: number, held: number, more: number): void {
    this.#entries.forEach(({ node }, entry) => {
      if (node.index === by && entry !== held) this.#awaited[entry] = (this.#awaited[entry] as number) + more;
    });
  }

  /**
   * The source beside the gate has come to its barrier; false while channels have not brought theirs. The source need not
   * stand still meanwhile: nobody is before it, so its part of the snapshot may be taken at any position.
   */
  sourceAtBarrier(barrier: BarrierElement): boolean {
    this.#barrier(this.#channels.length, barrier);
    return this.#alignment.lastCheckpointId >= barrier.checkpointId;
  }

  /** Takes the next element of the next readable channel; -1 when none has any. */
  #nextChannel(): number {
    const count = this.#channels.length;
    for (let tried = 0; tried < count; tried++) {
      const index = this.#next;
      this.#next = index + 1 === count ? 0 : index + 1;
      const channel = this.#channels[index] as GateChannel;
      if (this.#blocked[index] === 1 || (this.#held[channel.entry] as number) > 0) continue;
      const element = channel.reader.poll();
      if (element === undefined) continue;
      this.#take(index, channel, element);
      return index;
    }
    return -1;
  }

  #take(index: number, channel: GateChannel, element: StreamElement): void {
    switch (element.kind) {
      case 'batch':
        this.#batch = element.batch;
        this.#batchChannel = index;
        this.#place.cursor = 0;
        return;
      case 'watermark':
        this.#watermarks.watermark(index, element.watermark);
        return;
      case 'watermarkStatus':
        this.#watermarks.status(index, element.status === 'idle');
        return;
      case 'barrier':
        this.#barrier(index, element);
        return;
      case 'endOfInput':
        this.#end(index, channel.entry);
        return;
      default:
        unreachable(element);
    }
  }

  /** Runs the batch from the cursor. */
  #runBatch(batch: RecordBatch): void {
    const entry = this.#entries[(this.#channels[this.#batchChannel] as GateChannel).entry] as GateEntry;
    const loop = batch.holdsPartials ? entry.partialLoop : entry.loop;
    assert(loop !== undefined, 'partial accumulators are sent to windows that take them');
    if (!loop(this.#flow, batch)) return;
    if (this.#flow.stopped && batch.hasWatermark) return;
    this.#batch = undefined;
    this.#place.cursor = 0;
    this.#recordsThrough += batch.length;
    if (batch.hasWatermark) this.#watermarks.watermark(this.#batchChannel, batch.watermark);
    (this.#channels[this.#batchChannel] as GateChannel).reader.release(batch);
    this.#chain.watermarkChance();
  }

  #barrier(channel: number, barrier: BarrierElement): void {
    this.#hooks.barrierSeen(barrier);
    const { state, commands } = barrierArrived(this.#alignment, channel, barrier);
    this.#alignment = state;
    if (state.barrier !== undefined) this.#hooks.aligning();
    for (const command of commands) {
      if (command.kind === 'block') this.#block(command.channel);
      else if (command.kind === 'unblockAll') this.#blocked.fill(0);
      else if (command.kind === 'snapshot') this.#hooks.onBarrier(command.barrier);
    }
  }

  /**
   * An input for which another is held is not blocked: the barrier behind the held records can only come once it has
   * brought what it is waited for, so what it brings after its barrier is in the snapshot too.
   */
  #block(channel: number): void {
    const { entry } = this.#channels[channel] ?? {};
    if (entry !== undefined && this.#awaited[entry] === 0) this.#blocked[channel] = 1;
  }

  #end(index: number, entry: number): void {
    assert(this.#ended[index] === 0, 'a channel ends once');
    this.#ended[index] = 1;
    this.#open--;
    const { input, node } = this.#entries[entry] as GateEntry;
    const how = this.#watermarks.finish(index);
    if (how !== 'open') this.#chain.inputEnded(input, how === 'drained', node);
  }
}

/** What a gate is made of. */
export interface GateParts {
  readonly channels: readonly GateChannel[];
  readonly entries: readonly GateEntry[];
  /** How far the batch under way has gone into the chain. */
  readonly place: BatchPlace;
  readonly chain: OperatorChain;
  readonly flow: FlowControl;
  readonly hooks: GateHooks;
  /** A source heads the chain. */
  readonly awaitsSource: boolean;
}

/** What the gate tells the subtask. */
export interface GateHooks {
  /** A channel has brought a barrier. */
  barrierSeen(barrier: BarrierElement): void;
  /** All channels have brought the barrier. */
  onBarrier(barrier: BarrierElement): void;
  /** Some channels have brought it, others have not. */
  aligning(): void;
  /** An element has come. */
  wake(): void;
}

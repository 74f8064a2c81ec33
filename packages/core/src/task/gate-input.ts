import { assert, unreachable } from '../base/assert.js';
import type { ErrorLocation } from '../base/errors.js';
import { barrierArrived, initialAlignment, type AlignmentState } from '../checkpoint/alignment.js';
import type { BatchLoop } from '../operators/fusion/batch-loop.js';
import type { BatchPlace } from '../operators/fusion/record-loop.js';
import type { BarrierElement, StreamElement } from '../record/element.js';
import type { RecordBatch } from '../record/record-batch.js';
import type { FlowControl, InputHolds } from './flow-control.js';
import { GateWatermarks } from './gate-watermarks.js';
import type { OperatorChain } from './operator-chain.js';
import type { ChannelReader } from './ports.js';
import type { InputProgress, InputQueue, TaskInput } from './task-input.js';

/** One incoming channel and the input of the head operator it feeds. */
export interface GateChannel {
  readonly reader: ChannelReader;
  readonly input: number;
}

/**
 * The entrance of a subtask that reads channels: takes their elements in turn, aligns barriers, merges watermarks per
 * input and over the inputs, and pushes records into the chain.
 */
export class GateInput implements TaskInput, InputHolds {
  readonly #channels: readonly GateChannel[];
  readonly #chain: OperatorChain;
  readonly #flow: FlowControl;
  /** How far the batch under way has gone into the chain. */
  readonly #place: BatchPlace;
  /** Runs a batch into the chain, for each input of its head. */
  readonly #loops: readonly BatchLoop[];
  /** Runs a batch of partial accumulators into the head, where it takes any. */
  readonly #partialLoop: BatchLoop | undefined;
  readonly #watermarks: GateWatermarks;
  readonly #hooks: GateHooks;
  readonly #blocked: Uint8Array;
  readonly #held: Int32Array;
  readonly #ended: Uint8Array;
  #open: number;
  #alignment: AlignmentState;
  #next: number;
  #batch: RecordBatch | undefined;
  #batchChannel: number;
  /** Records of the batches that are through. */
  #recordsThrough: number;
  pauseAtBatchEnd: boolean;

  constructor(channels: readonly GateChannel[], loops: readonly BatchLoop[], partialLoop: BatchLoop | undefined, place: BatchPlace, chain: OperatorChain, flow: FlowControl, hooks: GateHooks) {
    this.#channels = channels;
    this.#chain = chain;
    this.#flow = flow;
    this.#place = place;
    this.#loops = loops;
    this.#partialLoop = partialLoop;
    const inputs = loops.length;
    this.#watermarks = new GateWatermarks(channels.map((channel) => channel.input), inputs, chain, hooks.watermarkFloor);
    this.#hooks = hooks;
    this.#blocked = new Uint8Array(channels.length);
    this.#held = new Int32Array(inputs);
    this.#ended = new Uint8Array(channels.length);
    for (const channel of channels) channel.reader.onElement(hooks.wake);
    this.#open = channels.length;
    this.#alignment = initialAlignment(channels.length);
    this.#next = 0;
    this.#batch = undefined;
    this.#batchChannel = 0;
    this.#recordsThrough = 0;
    this.pauseAtBatchEnd = false;
  }

  run(): InputProgress {
    while (!this.#flow.stopped) {
      if (this.#batch !== undefined) {
        if (!this.#runBatch(this.#batch)) return 'more';
        continue;
      }
      const channel = this.#nextChannel();
      if (channel < 0) return this.#open === 0 ? 'end' : 'nothing';
      if (!this.#flow.hasTime()) return 'more';
    }
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

  holdInput(input: number): void {
    this.#held[input] = (this.#held[input] as number) + 1;
  }

  releaseInput(input: number): void {
    this.#held[input] = (this.#held[input] as number) - 1;
  }

  /** Takes the next element of the next readable channel; -1 when none has any. */
  #nextChannel(): number {
    const count = this.#channels.length;
    for (let tried = 0; tried < count; tried++) {
      const index = this.#next;
      this.#next = index + 1 === count ? 0 : index + 1;
      const channel = this.#channels[index] as GateChannel;
      if (this.#blocked[index] === 1 || (this.#held[channel.input] as number) > 0) continue;
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
        this.#end(index, channel.input);
        return;
      default:
        unreachable(element);
    }
  }

  /** Runs the batch from the cursor; true when it is done. */
  #runBatch(batch: RecordBatch): boolean {
    const loop = batch.holdsPartials ? this.#partialLoop : this.#loops[(this.#channels[this.#batchChannel] as GateChannel).input];
    assert(loop !== undefined, 'partial accumulators are sent to windows that take them');
    if (!loop(this.#flow, batch)) return false;
    if (this.#flow.stopped && batch.hasWatermark) return false;
    this.#batch = undefined;
    this.#place.cursor = 0;
    this.#recordsThrough += batch.length;
    if (batch.hasWatermark) this.#watermarks.watermark(this.#batchChannel, batch.watermark);
    (this.#channels[this.#batchChannel] as GateChannel).reader.release(batch);
    this.#chain.watermarkChance();
    return true;
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
   * Nothing is blocked while an input is held: the barrier behind the held records can only come once the other inputs
   * have brought what they are waited for, so what these bring after their barrier is in the snapshot too.
   */
  #block(channel: number): void {
    if (this.#held.every((holds) => holds === 0)) this.#blocked[channel] = 1;
  }

  #end(index: number, input: number): void {
    assert(this.#ended[index] === 0, 'a channel ends once');
    this.#ended[index] = 1;
    this.#open--;
    if (this.#watermarks.finish(index)) this.#chain.inputEnded(input);
  }
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
  /** The head's restored watermark; -Infinity at a fresh start. */
  readonly watermarkFloor: number;
}

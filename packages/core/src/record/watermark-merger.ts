/**
 * Merges the watermarks of several channels into one (rules 19, 20, 22).
 *
 * One implementation serves the input gate (channels), operators with two inputs, and sources (one channel per split).
 * The rules, in the order in which they are asked:
 *
 * - The merged watermark is the minimum over the channels that *count*: active, not ended, and not lagging. It only grows.
 * - A new channel counts from the start, at -Infinity: nothing is known about it yet, so it holds the others back.
 * - An idle channel does not count and its watermarks are ignored. When a channel of a gate comes back it *lags* until
 *   its watermark has reached the merged one: what it missed must not stop the others. An input of an operator or a split
 *   of a source, which there are few of, counts again at once, so that its records do not become late.
 * - A channel has *ended* when it is finished, or has said +Infinity. An ended channel is left out of the minimum and of
 *   the maximum below until all have ended; then the minimum over all of them is the last word. (So a finished input can
 *   never make the records of the others late.)
 * - When no channel is active any more but not all have ended, the merged stream is idle. Before that is said, the
 *   highest watermark among the channels that have not ended is emitted once: they have all promised that nothing
 *   is coming for now, and downstream should not wait longer than the furthest of them. A gate does so only if the last to
 *   fall silent was the one that held the others back.
 *
 * Where gates and others differ they do so as in Flink (`StatusWatermarkValve` and `CombinedWatermarkStatus`), which the
 * golden data show.
 */
import { assert } from '../base/assert.js';

/** Where the merged watermark and status go. Called from inside the merger's methods; a watermark is always a higher one. */
export interface MergedWatermarkOutput {
  emitWatermark(watermark: number): void;
  emitStatus(status: 'active' | 'idle'): void;
}

/** How a merger is set up. */
export interface WatermarkMergerOptions {
  /** Channels to begin with, numbered from 0. More may be added. */
  readonly channels: number;
  /** The channels of a gate (the default), or the inputs of an operator and the splits of a source; see above for what differs. */
  readonly over?: 'channels' | 'inputs';
  /** What it means when no channel is left; see {@link WatermarkMerger.whenEmpty}. The default is `'end'`. */
  readonly whenEmpty?: WhenEmpty;
  /** The merged watermark of before a restart: nothing at or below it is emitted again. */
  readonly floor?: number;
}

/**
 * What it means when every channel has ended or been removed: the end of the stream (gates and operators), a pause in
 * which the watermark is held (a source reader that waits for its next split), or idleness (a reader that gets no more).
 */
export type WhenEmpty = 'end' | 'hold' | 'idle';

const FREE = 0;
/** Takes part in the minimum. */
const COUNTING = 1;
/** Active again after idleness, with a watermark below the merged one. */
const LAGGING = 2;
const IDLE = 3;
const ENDED = 4;

/** See the top of this file. Channels are small integers, so that nothing is allocated or hashed per watermark. */
export class WatermarkMerger {
  readonly #output: MergedWatermarkOutput;
  readonly #overInputs: boolean;
  #whenEmpty: WhenEmpty;
  /** By channel: the state, the last watermark, and the place in the heap (-1 when not in it). */
  #states: Uint8Array;
  #watermarks: Float64Array;
  #places: Int32Array;
  /** The counting channels as a binary heap, the lowest watermark first. */
  #heap: Int32Array;
  #counting: number;
  #lagging: number;
  #ended: number;
  #channels: number;
  #slots: number;
  #merged: number;
  #idle: boolean;

  constructor(output: MergedWatermarkOutput, options: WatermarkMergerOptions) {
    const capacity = Math.max(4, options.channels);
    this.#output = output;
    this.#overInputs = options.over === 'inputs';
    this.#whenEmpty = options.whenEmpty ?? 'end';
    this.#states = new Uint8Array(capacity);
    this.#watermarks = new Float64Array(capacity);
    this.#places = new Int32Array(capacity).fill(-1);
    this.#heap = new Int32Array(capacity);
    this.#counting = 0;
    this.#lagging = 0;
    this.#ended = 0;
    this.#channels = 0;
    this.#slots = 0;
    this.#merged = options.floor ?? Number.NEGATIVE_INFINITY;
    this.#idle = false;
    for (let i = 0; i < options.channels; i++) this.addChannel();
    assert(this.#whenEmpty !== 'end' || options.channels > 0, 'only a source merges watermarks of no channel');
  }

  /** The merged watermark: the last one emitted, or the floor. This is what a checkpoint keeps. */
  get watermark(): number {
    return this.#merged;
  }

  /** Whether the merged stream is idle. */
  get isIdle(): boolean {
    return this.#idle;
  }

  /** How many channels there are, ended ones included. */
  get channels(): number {
    return this.#channels;
  }

  /** The last watermark of a channel. */
  watermarkOf(channel: number): number {
    return this.#watermarks[channel]!;
  }

  /**
   * Adds a channel and gives its number. It counts at once, so the merged watermark waits for its first; `watermark`
   * is the one it had before a restart. The merged stream becomes active.
   */
  addChannel(watermark: number = Number.NEGATIVE_INFINITY): number {
    const channel = this.#freeSlot();
    this.#watermarks[channel] = watermark;
    this.#channels++;
    this.#count(channel);
    this.#becomeActive();
    return channel;
  }

  /** Forgets a channel; its number may be given out again. What it held back is released. */
  removeChannel(channel: number): void {
    this.finish(channel);
    assert(this.#states[channel] === ENDED, 'a channel is removed once');
    this.#states[channel] = FREE;
    this.#ended--;
    this.#channels--;
    assert(this.#channels > 0 || this.#whenEmpty !== 'end', 'a gate keeps its channels');
  }

  /** A channel's watermark has come. One that does not advance is swallowed; +Infinity ends the channel. */
  advance(channel: number, watermark: number): void {
    const state = this.#states[channel];
    assert(state !== FREE && state !== undefined, 'a watermark comes from a channel that exists');
    if (!(watermark > this.#watermarks[channel]!) || state === ENDED) return;
    if (watermark === Number.POSITIVE_INFINITY) {
      this.#end(channel, watermark);
      return;
    }
    if (state === IDLE) return;
    this.#watermarks[channel] = watermark;
    if (state === COUNTING) {
      this.#siftDown(this.#places[channel]!);
    } else if (watermark >= this.#merged) {
      this.#lagging--;
      this.#count(channel);
    }
    this.#emitMinimum();
  }

  /** A channel is idle or active again. */
  setIdle(channel: number, idle: boolean): void {
    const state = this.#states[channel];
    assert(state !== FREE && state !== undefined, 'a status comes from a channel that exists');
    if (state === ENDED || (state === IDLE) === idle) return;
    if (idle) {
      const heldBack = this.#leave(channel, IDLE);
      this.#settle(heldBack);
      return;
    }
    this.#becomeActive();
    if (this.#overInputs) {
      this.#count(channel);
      this.#emitMinimum();
    } else if (this.#watermarks[channel]! >= this.#merged) {
      // The gate says nothing before the next watermark, which looks at all channels again.
      this.#count(channel);
    } else {
      this.#states[channel] = LAGGING;
      this.#lagging++;
    }
  }

  /** A channel has ended: it no longer holds anything back, and no longer takes anything forward. Harmless when repeated. */
  finish(channel: number): void {
    const state = this.#states[channel];
    assert(state !== FREE && state !== undefined, 'the end comes from a channel that exists');
    if (state !== ENDED) this.#end(channel, this.#watermarks[channel]!);
  }

  /**
   * Says what having no channel left means from now on. A reader without splits calls it with `'idle'` (rule 22), one
   * that waits for its next split with `'hold'`.
   */
  whenEmpty(meaning: WhenEmpty): void {
    this.#whenEmpty = meaning;
    if (meaning === 'idle' && this.#ended === this.#channels) this.#becomeIdle();
  }

  #end(channel: number, watermark: number): void {
    const heldBack = this.#leave(channel, ENDED);
    this.#watermarks[channel] = watermark;
    this.#ended++;
    this.#settle(heldBack);
  }

  /** Takes a channel out of its state; true if it was one of those that held the merged watermark back. */
  #leave(channel: number, state: typeof IDLE | typeof ENDED): boolean {
    const before = this.#states[channel];
    const heldBack = before === COUNTING && this.#watermarks[channel]! <= this.#merged;
    if (before === COUNTING) this.#removeFromHeap(channel);
    else if (before === LAGGING) this.#lagging--;
    this.#states[channel] = state;
    return heldBack;
  }

  /** After a channel stopped counting: the end, idleness, or a minimum that may have risen. */
  #settle(heldBack: boolean): void {
    if (this.#ended === this.#channels) {
      this.#settleEnd();
    } else if (this.#counting + this.#lagging === 0) {
      if (!this.#idle && (heldBack || this.#overInputs)) this.#emit(this.#highest());
      this.#becomeIdle();
    } else if (heldBack || this.#overInputs) {
      this.#emitMinimum();
    }
  }

  /** All have ended: the lowest watermark of all is the last word, except where more channels may come. */
  #settleEnd(): void {
    let lowest = Number.POSITIVE_INFINITY;
    for (let channel = 0; channel < this.#slots; channel++) {
      if (this.#states[channel] === ENDED && this.#watermarks[channel]! < lowest) lowest = this.#watermarks[channel]!;
    }
    if (lowest > this.#merged && (this.#whenEmpty === 'end' || lowest < Number.POSITIVE_INFINITY)) {
      this.#becomeActive();
      this.#emit(lowest);
    }
    if (this.#whenEmpty === 'idle') this.#becomeIdle();
  }

  #highest(): number {
    let highest = Number.NEGATIVE_INFINITY;
    for (let channel = 0; channel < this.#slots; channel++) {
      const state = this.#states[channel]!;
      if (state !== FREE && state !== ENDED && this.#watermarks[channel]! > highest) highest = this.#watermarks[channel]!;
    }
    return highest;
  }

  #emitMinimum(): void {
    if (this.#counting > 0) this.#emit(this.#watermarks[this.#heap[0]!]!);
  }

  #emit(watermark: number): void {
    if (!(watermark > this.#merged)) return;
    this.#merged = watermark;
    this.#output.emitWatermark(watermark);
  }

  #becomeActive(): void {
    if (!this.#idle) return;
    this.#idle = false;
    this.#output.emitStatus('active');
  }

  #becomeIdle(): void {
    if (this.#idle) return;
    this.#idle = true;
    this.#output.emitStatus('idle');
  }

  #count(channel: number): void {
    this.#states[channel] = COUNTING;
    const place = this.#counting++;
    this.#heap[place] = channel;
    this.#places[channel] = place;
    this.#siftUp(place);
  }

  #removeFromHeap(channel: number): void {
    const place = this.#places[channel]!;
    const last = --this.#counting;
    this.#places[channel] = -1;
    if (place === last) return;
    const moved = this.#heap[last]!;
    this.#heap[place] = moved;
    this.#places[moved] = place;
    this.#siftUp(place);
    this.#siftDown(this.#places[moved]!);
  }

  #siftUp(start: number): void {
    const heap = this.#heap;
    const channel = heap[start]!;
    const watermark = this.#watermarks[channel]!;
    let place = start;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = heap[above]!;
      if (this.#watermarks[other]! <= watermark) break;
      heap[place] = other;
      this.#places[other] = place;
      place = above;
    }
    heap[place] = channel;
    this.#places[channel] = place;
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    const size = this.#counting;
    const channel = heap[start]!;
    const watermark = this.#watermarks[channel]!;
    let place = start;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= size) break;
      if (below + 1 < size && this.#watermarks[heap[below + 1]!]! < this.#watermarks[heap[below]!]!) below++;
      const other = heap[below]!;
      if (this.#watermarks[other]! >= watermark) break;
      heap[place] = other;
      this.#places[other] = place;
      place = below;
    }
    heap[place] = channel;
    this.#places[channel] = place;
  }

  #freeSlot(): number {
    for (let channel = 0; channel < this.#slots && this.#channels < this.#slots; channel++) {
      if (this.#states[channel] === FREE) return channel;
    }
    if (this.#slots === this.#states.length) this.#grow(this.#slots * 2);
    return this.#slots++;
  }

  #grow(capacity: number): void {
    const states = new Uint8Array(capacity);
    states.set(this.#states);
    this.#states = states;
    const watermarks = new Float64Array(capacity);
    watermarks.set(this.#watermarks);
    this.#watermarks = watermarks;
    const places = new Int32Array(capacity).fill(-1);
    places.set(this.#places);
    this.#places = places;
    const heap = new Int32Array(capacity);
    heap.set(this.#heap);
    this.#heap = heap;
  }
}

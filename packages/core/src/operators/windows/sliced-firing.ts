import { timeWindow } from '../../functions/time-window.js';
import type { TimeWindow } from '../../functions/window.js';
import { freezeKey } from '../../record/map-key.js';
import type { Pane } from '../../state/backend.js';
import type { Flow } from '../operator-context.js';
import type { Accumulation } from './accumulation.js';
import { prepareTotals } from './prepare-totals.js';
import { RunningTotals } from './running-totals.js';
import type { Slicing } from './slicing.js';
import { MOST_ROWS, NONE, type TotalsBlock } from './totals-block.js';
import type { WindowEmitter } from './window-emitter.js';
import type { WindowParts } from './window-parts.js';

/** What the firing of sliced windows works with. */
export interface SlicedFiringParts {
  readonly slicing: Slicing;
  /** The slices by their start, as they are at any time. */
  readonly slices: ReadonlyMap<number, Pane<unknown>>;
  readonly parts: WindowParts;
  readonly flow: Flow;
}

/** A window to be fired. */
export interface DueWindow {
  readonly window: TimeWindow;
  /** When the window after it begins. */
  readonly nextStart: number;
  /** Slices that are complete since the window before, in order of their ends. */
  readonly complete: readonly Pane<unknown>[];
  /** A whole window from the state that belongs to it. */
  readonly whole: Pane<unknown> | undefined;
  /** True when no slice lies in it or behind it. */
  readonly isEmpty: boolean;
}

/**
 * Fires windows that consist of slices, one after the other and in steps: takes the slices that have become complete into the running totals of their
 * keys, and emits each total. No slice that is in them is changed between two steps of a window.
 */
export class SlicedFiring {
  readonly #slicing: Slicing;
  readonly #slices: ReadonlyMap<number, Pane<unknown>>;
  readonly #parts: WindowParts;
  readonly #accumulation: Accumulation;
  readonly #emitter: WindowEmitter;
  readonly #flow: Flow;
  readonly #turnDelay: (block: number) => number;
  readonly #totals: RunningTotals;
  #isGathering: boolean;
  /** The moment from which totals are told the ends of slices: that of the first window. */
  #origin: number;
  /** The window being fired. */
  #window: TimeWindow;
  /** When the window after it begins, from the origin. */
  #nextStart: number;
  #isEmpty: boolean;
  /** Slices being taken into the totals, and the next slot of the first of them. */
  #gathering: Pane<unknown>[];
  #cursor: number;
  /** A whole window from the state that belongs to the one being fired. */
  #whole: Pane<unknown> | undefined;
  /** While a window is emitted: the block under way and its next row. */
  #block: number;
  #row: number;
  /** The totals of the rows of that block, and 1 for those that nobody else has. */
  readonly #sums: unknown[];
  readonly #sumIsOwn: Uint8Array;

  constructor({ slicing, slices, parts, flow }: SlicedFiringParts) {
    this.#slicing = slicing;
    this.#slices = slices;
    this.#parts = parts;
    this.#accumulation = parts.accumulation;
    this.#emitter = parts.emitter;
    this.#flow = flow;
    this.#turnDelay = (block) => slicing.turnDelay(block);
    this.#totals = new RunningTotals(slicing.keysPerBlock, this.#turnDelay);
    this.#isGathering = false;
    this.#origin = Number.NaN;
    this.#window = timeWindow(0, 0);
    this.#nextStart = -Infinity;
    this.#isEmpty = false;
    this.#gathering = [];
    this.#cursor = 0;
    this.#whole = undefined;
    this.#block = 0;
    this.#row = 0;
    this.#sums = new Array<unknown>(MOST_ROWS).fill(NONE);
    this.#sumIsOwn = new Uint8Array(MOST_ROWS);
  }

  /** How many keys have a total. */
  get size(): number {
    return this.#totals.size;
  }

  /** The total of a key is to be made again: a slice that is in it was changed. */
  markStale(key: unknown): void {
    const totals = this.#totals;
    const place = totals.placeOf(key);
    totals.blocks[place >> totals.shift]!.markStale(place & totals.mask);
  }

  /** Begins with the next window; the one before is through. */
  begin({ window, nextStart, complete, whole, isEmpty }: DueWindow): void {
    this.#window = window;
    if (this.#origin !== this.#origin) this.#origin = window.end;
    this.#nextStart = nextStart - this.#origin;
    this.#whole = whole;
    this.#isEmpty = isEmpty;
    for (const slice of complete) this.#gathering.push(slice);
    if (whole !== undefined) this.#gathering.push(whole);
    if (complete.length > 0) prepareTotals(complete[0]!, this.#turnDelay);
    this.#cursor = 0;
    this.#isGathering = true;
  }

  /** Goes on with the window; false when something is left of it. */
  goOn(): boolean {
    return (!this.#isGathering || this.#gather()) && this.#emitAll();
  }

  /** Emits a window of a key again, from its slices and what a whole window has of it. */
  fireLate(key: unknown, window: TimeWindow, whole: Pane<unknown> | undefined): void {
    const accumulation = this.#accumulation;
    let sum = NONE;
    let isOwn = false;
    try {
      for (let start = window.start; start < window.end; start = this.#slicing.sliceEnd(start)) {
        const slice = this.#slices.get(start);
        const slot = slice === undefined ? -1 : slice.slot(key);
        if (slot < 0) continue;
        if (sum === NONE) {
          sum = slice!.values[slot];
        } else {
          sum = accumulation.merge(isOwn ? sum : accumulation.copy(sum), slice!.values[slot]);
          isOwn = true;
        }
      }
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
    this.#emit(freezeKey(key), window, sum, isOwn, whole);
  }

  /** Makes the total of a row from the slices of the window being fired. */
  #remake(block: TotalsBlock, row: number): void {
    const { start: from, end } = this.#window;
    const key = block.keys[row];
    block.reset(row);
    let at = 0;
    for (let start = from; start < end; start = this.#slicing.sliceEnd(start)) {
      const slice = this.#slices.get(start);
      const slot = slice === undefined ? -1 : slice.slot(key);
      if (slot >= 0) at = block.put(row, at, slice!.end - this.#origin, slice!.values[slot]);
    }
    block.completed(row, this.#accumulation);
  }

  /** Takes the complete slices into the totals of their keys; false when it is to go on later. */
  #gather(): boolean {
    const totals = this.#totals;
    while (this.#gathering.length > 0) {
      const pane = this.#gathering[0]!;
      const end = pane.end - this.#origin;
      for (let slot = this.#cursor; slot < pane.slotLimit; slot++) {
        const key = pane.keyAt(slot);
        if (key === undefined) continue;
        const place = totals.placeOf(key);
        const block = totals.blocks[place >> totals.shift]!;
        const row = place & totals.mask;
        try {
          // A key of a whole window only needs to be visited.
          if (pane !== this.#whole && !block.isStale(row)) block.append(row, end, pane.values[slot], this.#accumulation);
        } catch (error) {
          throw this.#parts.failure(error, undefined);
        }
        if (this.#flow.mayEmit()) continue;
        this.#cursor = slot + 1;
        return false;
      }
      this.#gathering.shift();
      this.#cursor = 0;
    }
    this.#block = 0;
    this.#row = 0;
    this.#isGathering = false;
    return true;
  }

  /**
   * Emits the totals of all keys; false when some are left. Totals are made, emitted and given up in loops of their own, by block: where V8 learns something
   * new about one of them, as when the first key leaves, it has a short function to compile again.
   */
  #emitAll(): boolean {
    // As at the end of the input. One by one that takes longest, since the code that ever took out the last key of anything is thrown away.
    if (this.#whole === undefined && this.#isEmpty) this.#totals.clear();
    const { blocks } = this.#totals;
    for (; this.#block < blocks.length; this.#block++) {
      const block = blocks[this.#block]!;
      if (this.#row === 0) this.#makeSums(block);
      if (!this.#emitSums(block.keys)) return false;
      this.#row = 0;
      this.#totals.giveUp(this.#block, this.#sums);
    }
    this.#whole = undefined;
    this.#totals.trim();
    return true;
  }

  #makeSums(block: TotalsBlock): void {
    const accumulation = this.#accumulation;
    try {
      block.evict(this.#window.start - this.#origin, accumulation);
      if (block.hasStale) this.#remakeStale(block);
      block.totals(this.#nextStart, accumulation, this.#sums, this.#sumIsOwn);
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
  }

  #remakeStale(block: TotalsBlock): void {
    block.hasStale = false;
    for (let row = 0; row < block.keys.length; row++) if (block.isStale(row)) this.#remake(block, row);
  }

  /** Emits the totals of a block from the next row on; false when it is to go on later. */
  #emitSums(keys: readonly unknown[]): boolean {
    const sums = this.#sums;
    const isOwn = this.#sumIsOwn;
    const window = this.#window;
    const whole = this.#whole;
    let row = this.#row;
    let goesOn = true;
    while (goesOn && row < keys.length) {
      const key = keys[row];
      const sum = sums[row];
      const own = isOwn[row++] !== 0;
      if (key === undefined || (sum === NONE && whole === undefined)) continue;
      this.#emit(key, window, sum, own, whole);
      goesOn = !this.#emitter.busy && this.#flow.mayEmit();
    }
    this.#row = row;
    return goesOn;
  }

  /** Emits what the slices of a window have of a key, and what a whole window has. */
  #emit(key: unknown, window: TimeWindow, sum: unknown, isOwn: boolean, whole: Pane<unknown> | undefined): void {
    const accumulation = this.#accumulation;
    let result: unknown;
    try {
      const slot = whole === undefined ? -1 : whole.slot(key);
      if (slot >= 0) {
        const all = accumulation.copy(whole!.values[slot]);
        result = accumulation.result(sum === NONE ? all : accumulation.merge(all, sum), true);
      } else {
        if (sum === NONE) return;
        result = accumulation.result(sum, isOwn);
      }
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
    this.#emitter.emit(this.#parts.userKey(key), window, result);
  }
}

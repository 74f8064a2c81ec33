import { BinaryHeap } from '../../base/binary-heap.js';
import { timeWindow } from '../../functions/time-window.js';
import type { TimeWindow } from '../../functions/window.js';
import { freezeKey } from '../../record/map-key.js';
import type { Pane, WindowTable } from '../../state/backend.js';
import type { Fusible, StageCode } from '../fusion/stage-code.js';
import type { Operator, PartialReceiver, Progress, Receiver } from '../operator.js';
import type { Flow, OperatorContext, RecordContext } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import { bareSpec, storedForm, storedType, type Accumulation } from './accumulation.js';
import { CurrentPane } from './current-pane.js';
import { PartialInput } from './partial-input.js';
import { paneText } from './pane-text.js';
import { RunningTotals } from './running-totals.js';
import type { Slicing } from './slicing.js';
import { MOST_ROWS, NONE, type TotalsBlock } from './totals-block.js';
import { contentsTable, doesNotFit, dropTimersAndTriggers, slicesTable } from './stored-windows.js';
import type { WindowEmitter } from './window-emitter.js';
import { WindowParts } from './window-parts.js';
import type { WindowSpec } from './window-spec.js';

type Phase = 'waiting' | 'gathering' | 'emitting';

/**
 * Windows of event time that overlap (sliding, cumulative), by shared slices (rule 16), with the default trigger. (In
 * processing time the state would have to say which windows of a slice have fired; the watermark tells it here.)
 *
 * An element is added to the one slice that holds it. When a window is due, the slices that are complete since the last
 * one are taken into the running total of each of their keys, and each total is emitted. All of it goes in steps.
 * Slices are the state; the totals are made from them and live in memory. An element that is late but not too late
 * changes a slice that is in a total already, so that its key's total is made again.
 *
 * Whole windows that another operator left in the state are added to the totals when their windows fire.
 */
export class SlicedWindowOperator implements Operator, Fusible {
  recordsIn: number;
  readonly #spec: WindowSpec;
  readonly #slicing: Slicing;
  readonly #latenessMs: number;
  /** The slice of the last element. */
  readonly #current: CurrentPane;
  #watermark: number;
  #limit: number;
  /** The end of the last window that was fired or passed: slices up to here are in the totals. */
  #firedEnd: number;
  #phase: Phase;
  /** The moment from which totals are told the ends of slices: that of the first window. */
  #origin: number;
  /** The window being fired. */
  #window: TimeWindow;
  /** When the window after it begins, from the origin. */
  #nextStart: number;
  /** Slices being taken into the totals, and the next slot of the first of them. */
  #gathering: Pane<unknown>[];
  #cursor: number;
  /** A whole window from the state that belongs to the one being fired. */
  #whole: Pane<unknown> | undefined;
  readonly #totals: RunningTotals;
  /** While a window is emitted: the block under way and its next row. */
  #block: number;
  #row: number;
  /** The totals of the rows of that block, and 1 for those that nobody else has. */
  readonly #sums: unknown[];
  readonly #sumIsOwn: Uint8Array;
  readonly #slices: Map<number, Pane<unknown>>;
  /** The end of the last slice there has been. */
  #newestEnd: number;
  /** Slices that are not in the totals yet. */
  readonly #pending: BinaryHeap<Pane<unknown>>;
  readonly #toDrop: BinaryHeap<Pane<unknown>>;
  /** Whole windows that are to fire, and those kept for late elements. */
  readonly #wholes: BinaryHeap<Pane<unknown>>;
  readonly #wholesToDrop: BinaryHeap<Pane<unknown>>;
  #parts!: WindowParts;
  #accumulation!: Accumulation;
  #emitter!: WindowEmitter;
  #keyOf!: (value: unknown) => unknown;
  #table!: WindowTable<unknown>;
  #wholeTable!: WindowTable<unknown>;
  #record!: RecordContext;
  #flow!: Flow;

  constructor(spec: WindowSpec, slicing: Slicing) {
    this.recordsIn = 0;
    this.#spec = spec;
    this.#slicing = slicing;
    this.#latenessMs = spec.allowedLatenessMs;
    this.#current = new CurrentPane();
    this.#watermark = -Infinity;
    this.#limit = -Infinity;
    this.#firedEnd = -Infinity;
    this.#phase = 'waiting';
    this.#origin = Number.NaN;
    this.#window = timeWindow(0, 0);
    this.#nextStart = -Infinity;
    this.#gathering = [];
    this.#cursor = 0;
    this.#whole = undefined;
    this.#totals = new RunningTotals(slicing.keysPerBlock, (block) => slicing.turnDelay(block));
    this.#block = 0;
    this.#row = 0;
    this.#sums = new Array<unknown>(MOST_ROWS).fill(NONE);
    this.#sumIsOwn = new Uint8Array(MOST_ROWS);
    this.#slices = new Map();
    this.#newestEnd = -Infinity;
    this.#pending = new BinaryHeap(byEnd);
    this.#toDrop = new BinaryHeap(byEnd);
    this.#wholes = new BinaryHeap(byEnd);
    this.#wholesToDrop = new BinaryHeap(byEnd);
  }

  open(context: OperatorContext): Waited {
    this.#record = context.record;
    this.#flow = context.flow;
    const parts = new WindowParts(bareSpec(this.#spec), false, context);
    this.#parts = parts;
    this.#accumulation = parts.accumulation;
    this.#emitter = parts.emitter;
    this.#keyOf = parts.keyOf;
    this.#watermark = context.time.watermark();
    this.#passedBy(this.#watermark);
    this.#takeOver(parts);
    return parts.opening;
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    const time = this.#record.timestamp;
    const current = this.#current;
    if (!(time >= current.start && time < current.end) && !this.#useSlice(time, value)) return;
    const slice = current.pane!;
    let key: unknown;
    try {
      key = this.#keyOf(value);
      const slot = slice.slot(key);
      if (slot < 0) {
        slice.insert(key, this.#accumulation.first(value));
      } else {
        slice.touch(slot);
        const before = slice.values[slot];
        const after = this.#accumulation.add(before, value);
        // An accumulator that was changed in place is not stored again: the collector would have to note every such store.
        if (after !== before) slice.values[slot] = after;
      }
    } catch (error) {
      throw this.#parts.failure(error, value);
    }
    if (current.isFired) this.#changedLate(key, time);
  }

  /** `process` as text. */
  fuse(code: StageCode, value: string): string {
    code.site(this.#parts.info);
    return paneText(code, value, {
      operator: this,
      parts: this.#parts,
      current: this.#current,
      time: code.timestamp,
      moveTo: (time) => this.#moveTo(time),
      withoutPane: (time, element) => this.#withoutSlice(time, element),
      changedLate: (element) => this.#changedLate(this.#keyOf(element), this.#record.timestamp),
    });
  }

  partials(): PartialReceiver {
    return new PartialInput({
      operator: this,
      parts: this.#parts,
      current: this.#current,
      record: this.#record,
      usePane: (time, partial, records) => this.#useSlice(time, partial, records),
      changedLate: (key, time) => this.#changedLate(key, time),
    });
  }

  advance(watermark: number): Progress {
    this.#watermark = watermark;
    this.#limit = watermark;
    return this.#fire();
  }

  resume(): Progress {
    if (!this.#emitter.pull()) return 'more';
    return this.#fire();
  }

  close(): Waited {
    return this.#parts?.close();
  }

  #takeOver(parts: WindowParts): void {
    const type = storedType(this.#spec);
    const form = storedForm(this.#spec);
    this.#table = slicesTable(parts.state, type, form);
    this.#wholeTable = contentsTable(parts.state, type, form);
    dropTimersAndTriggers(parts.state);
    for (const slice of [...this.#table.panes()]) this.#restoreSlice(slice);
    for (const whole of [...this.#wholeTable.panes()]) this.#restoreWhole(whole);
  }

  #restoreSlice(slice: Pane<unknown>): void {
    if (this.#slicing.sliceStart(slice.start) !== slice.start || this.#slicing.sliceEnd(slice.start) !== slice.end) throw doesNotFit(slice);
    if (this.#isOver(this.#slicing.lastEnd(slice.start))) return this.#table.dropPane(slice);
    this.#added(slice);
    if (slice.end > this.#firedEnd) return;
    for (let slot = 0; slot < slice.slotLimit; slot++) {
      const key = slice.keyAt(slot);
      if (key !== undefined) this.#isStale(key);
    }
  }

  #restoreWhole(whole: Pane<unknown>): void {
    if (this.#slicing.endNotAfter(whole.end) !== whole.end || this.#slicing.startOf(whole.end) !== whole.start) throw doesNotFit(whole);
    if (this.#isOver(whole.end)) return this.#wholeTable.dropPane(whole);
    if (whole.end > this.#firedEnd) this.#wholes.push(whole);
    else this.#wholesToDrop.push(whole);
  }

  /** Whether a window with this end takes no more elements. */
  #isOver(end: number): boolean {
    return end - 1 + this.#latenessMs <= this.#watermark;
  }

  /** Makes the slice of `time` the current one; false when all windows of the element are over. */
  #useSlice(time: number, value: unknown, records: number = 1): boolean {
    if (this.#moveTo(time)) return true;
    this.#withoutSlice(time, value, records);
    return false;
  }

  #withoutSlice(time: number, value: unknown, records: number = 1): void {
    if (!Number.isFinite(time)) throw this.#parts.withoutTimestamp(value);
    this.#parts.late(value, records);
  }

  /** Makes the slice of `time` the current one, if a window of it is still to fire or to be corrected. */
  #moveTo(time: number): boolean {
    if (!Number.isFinite(time) || this.#isOver(this.#slicing.lastEnd(time))) return false;
    const start = this.#slicing.sliceStart(time);
    const slice = this.#slices.get(start) ?? this.#added(this.#table.pane(start, this.#slicing.sliceEnd(start)));
    this.#current.hold(slice, slice.end <= this.#firedEnd);
    return true;
  }

  #added(slice: Pane<unknown>): Pane<unknown> {
    this.#slices.set(slice.start, slice);
    this.#newestEnd = Math.max(this.#newestEnd, slice.end);
    this.#toDrop.push(slice);
    if (slice.end > this.#firedEnd) this.#pending.push(slice);
    return slice;
  }

  /** The total of a key is to be made again. */
  #isStale(key: unknown): void {
    const totals = this.#totals;
    const place = totals.placeOf(key);
    totals.blocks[place >> totals.shift]!.markStale(place & totals.mask);
  }

  /** A slice that is in the totals already was changed: for the windows to come, and for those that fire again (rule 6). */
  #changedLate(key: unknown, time: number): void {
    this.#isStale(key);
    if (this.#latenessMs === 0) return;
    for (let end = this.#slicing.firstEnd(time); end - 1 <= this.#watermark && end <= this.#slicing.lastEnd(time); end = this.#slicing.nextEnd(end)) {
      if (!this.#isOver(end)) this.#fireLate(key, timeWindow(this.#slicing.startOf(end), end));
    }
    if (this.#emitter.busy) this.#flow.backlog();
  }

  #fireLate(key: unknown, window: TimeWindow): void {
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
    this.#emit(freezeKey(key), window, sum, isOwn, this.#wholeTable.existingPane(window.start, window.end));
  }

  #hasOrigin(end: number): void {
    if (this.#origin !== this.#origin) this.#origin = end;
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

  /** Fires what is due, in order of the windows' ends. */
  #fire(): Progress {
    for (;;) {
      if (this.#phase === 'waiting') {
        const end = this.#nextEnd();
        if (end - 1 > this.#limit || end === Infinity) break;
        this.#begin(end);
      }
      if (this.#phase === 'gathering' && !this.#gather()) return 'more';
      if (!this.#emitAll()) return 'more';
    }
    this.#passedBy(this.#limit);
    this.#dropOver();
    return 'done';
  }

  /** The end of the next window that has something in it; Infinity when there is none. */
  #nextEnd(): number {
    const whole = this.#wholes.peek()?.end ?? Infinity;
    if (this.#totals.size > 0) return Math.min(whole, this.#slicing.nextEnd(this.#firedEnd));
    const slice = this.#pending.peek();
    return slice === undefined ? whole : Math.min(whole, this.#slicing.firstEnd(slice.start));
  }

  /** All windows up to a watermark have had their firing, also those with nothing in them. */
  #passedBy(time: number): void {
    if (time === -Infinity) return;
    this.#hasFired(Math.max(this.#firedEnd, time === Infinity ? Infinity : this.#slicing.endNotAfter(time + 1)));
  }

  #hasFired(end: number): void {
    this.#firedEnd = end;
    this.#current.isFired = this.#current.end <= end;
  }

  #begin(end: number): void {
    this.#window = timeWindow(this.#slicing.startOf(end), end);
    this.#hasOrigin(end);
    this.#nextStart = this.#slicing.startOf(this.#slicing.nextEnd(end)) - this.#origin;
    for (let slice = this.#pending.peek(); slice !== undefined && slice.end <= end; slice = this.#pending.peek()) {
      this.#pending.pop();
      this.#gathering.push(slice);
    }
    this.#whole = this.#wholeTable.existingPane(this.#window.start, end);
    if (this.#whole !== undefined) {
      this.#wholes.pop();
      this.#gathering.push(this.#whole);
    }
    this.#hasFired(end);
    this.#cursor = 0;
    this.#phase = 'gathering';
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
    this.#phase = 'emitting';
    return true;
  }

  /**
   * Emits the totals of all keys; false when some are left. Totals are made, emitted and given up in loops of their own, by block: where V8 learns something
   * new about one of them, as when the first key leaves, it has a short function to compile again.
   */
  #emitAll(): boolean {
    // As at the end of the input. One by one that takes longest, since the code that ever took out the last key of anything is thrown away.
    if (this.#whole === undefined && this.#newestEnd <= this.#window.start) this.#totals.clear();
    const { blocks } = this.#totals;
    for (; this.#block < blocks.length; this.#block++) {
      const block = blocks[this.#block]!;
      if (this.#row === 0) this.#makeSums(block);
      if (!this.#emitSums(block.keys)) return false;
      this.#row = 0;
      this.#giveUp(block.keys);
    }
    if (this.#whole !== undefined) {
      if (this.#latenessMs === 0) this.#wholeTable.dropPane(this.#whole);
      else this.#wholesToDrop.push(this.#whole);
    }
    this.#whole = undefined;
    this.#totals.trim();
    this.#phase = 'waiting';
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
    for (let row = this.#row; row < keys.length; row++) {
      const key = keys[row];
      if (key === undefined) continue;
      const sum = this.#sums[row];
      if (sum === NONE && this.#whole === undefined) continue;
      this.#emit(key, this.#window, sum, this.#sumIsOwn[row] !== 0, this.#whole);
      if (!this.#emitter.busy && this.#flow.mayEmit()) continue;
      this.#row = row + 1;
      return false;
    }
    return true;
  }

  /** Gives up the keys of a block that have no slice any more. */
  #giveUp(keys: readonly unknown[]): void {
    for (let row = 0; row < keys.length; row++) {
      const key = keys[row];
      if (key !== undefined && this.#sums[row] === NONE) this.#totals.remove(key, this.#block * keys.length + row);
    }
  }

  /** Emits what the slices of a window have of a key, and what a whole window has. */
  #emit(key: unknown, window: TimeWindow, sum: unknown, isOwn: boolean, whole: Pane<unknown> | undefined): void {
    const accumulation = this.#accumulation;
    let result: unknown;
    try {
      const slot = whole === undefined ? -1 : whole.slot(key);
      if (slot >= 0) {
        const all = accumulation.copy(whole!.values[slot]);
        result = accumulation.finalResult(sum === NONE ? all : accumulation.merge(all, sum));
      } else {
        if (sum === NONE) return;
        result = isOwn ? accumulation.finalResult(sum) : accumulation.result(sum);
      }
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
    this.#emitter.emit(this.#parts.userKey(key), window, result);
  }

  #dropOver(): void {
    for (let slice = this.#toDrop.peek(); slice !== undefined; slice = this.#toDrop.peek()) {
      if (this.#slicing.lastEnd(slice.start) - 1 + this.#latenessMs > this.#limit) break;
      this.#toDrop.pop();
      if (slice === this.#current.pane) this.#current.forget();
      this.#slices.delete(slice.start);
      this.#table.dropPane(slice);
    }
    for (let whole = this.#wholesToDrop.peek(); whole !== undefined && whole.end - 1 + this.#latenessMs <= this.#limit; whole = this.#wholesToDrop.peek()) {
      this.#wholesToDrop.pop();
      this.#wholeTable.dropPane(whole);
    }
  }
}

function byEnd(left: Pane<unknown>, right: Pane<unknown>): number {
  return left.end - right.end || left.start - right.start;
}

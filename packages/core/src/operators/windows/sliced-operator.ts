import { assert } from '../../base/assert.js';
import { BinaryHeap } from '../../base/binary-heap.js';
import { timeWindow } from '../../functions/time-window.js';
import type { Pane, WindowTable } from '../../state/backend.js';
import type { Fusible, StageCode } from '../fusion/stage-code.js';
import type { Operator, PartialReceiver, Progress, Receiver } from '../operator.js';
import type { Flow, OperatorContext, RecordContext } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import { bareSpec, storedForm, storedType, type Accumulation } from './accumulation.js';
import { CurrentPane } from './current-pane.js';
import { PartialInput } from './partial-input.js';
import { paneText } from './pane-text.js';
import { SlicedFiring } from './sliced-firing.js';
import type { Slicing } from './slicing.js';
import { contentsTable, doesNotFit, dropTimersAndTriggers, slicesTable } from './stored-windows.js';
import type { WindowEmitter } from './window-emitter.js';
import { WindowParts } from './window-parts.js';
import type { WindowSpec } from './window-spec.js';

/**
 * Windows of event time that overlap (sliding, cumulative), by shared slices (rule 16), with the default trigger. (In
 * processing time the state would have to say which windows of a slice have fired; the watermark tells it here.)
 *
 * An element is added to the one slice that holds it. When a window is due, the slices that are complete since the last
 * one are taken into the running total of each of their keys, and each total is emitted. All of it goes in steps.
 * Slices are the state; the totals are made from them and live in memory. An element that is late but not too late
 * changes a slice that is in a total already, so that its key's total is made again. One that comes between two steps, from
 * an operator of the same chain, waits until all that is due was fired.
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
  /** Whether a window is under way, and a whole one from the state that belongs to it. */
  #isFiring: boolean;
  #whole: Pane<unknown> | undefined;
  /** Late elements that have come while windows are being fired. */
  #waiting: { readonly time: number; readonly value: unknown }[];
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
  #firing!: SlicedFiring;
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
    this.#isFiring = false;
    this.#whole = undefined;
    this.#waiting = [];
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
    this.#firing = new SlicedFiring({ slicing: this.#slicing, slices: this.#slices, parts, flow: context.flow });
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
      usePane: (time, partial, records) => {
        assert(!this.#isFiring, 'a channel gives nothing while windows are being fired');
        return this.#useSlice(time, partial, records);
      },
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
      if (key !== undefined) this.#firing.markStale(key);
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
    if (this.#isOver(this.#slicing.lastEnd(time))) this.#parts.late(value, records);
    else this.#waiting.push({ time, value });
  }

  /** Makes the slice of `time` the current one, if a window of it is still to fire or to be corrected, and none that it is late for is being fired. */
  #moveTo(time: number): boolean {
    if (!Number.isFinite(time) || this.#isOver(this.#slicing.lastEnd(time))) return false;
    if (this.#isFiring && this.#slicing.firstEnd(time) - 1 <= this.#limit) return false;
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

  /** A slice that is in the totals already was changed: for the windows to come, and for those that fire again (rule 6). */
  #changedLate(key: unknown, time: number): void {
    this.#firing.markStale(key);
    if (this.#latenessMs === 0) return;
    for (let end = this.#slicing.firstEnd(time); end - 1 <= this.#watermark && end <= this.#slicing.lastEnd(time); end = this.#slicing.nextEnd(end)) {
      if (this.#isOver(end)) continue;
      const window = timeWindow(this.#slicing.startOf(end), end);
      this.#firing.fireLate(key, window, this.#wholeTable.existingPane(window.start, end));
    }
    if (this.#emitter.busy) this.#flow.backlog();
  }

  /** Fires what is due, in order of the windows' ends. */
  #fire(): Progress {
    for (;;) {
      if (!this.#isFiring) {
        const end = this.#nextEnd();
        if (end - 1 > this.#limit || end === Infinity) break;
        this.#begin(end);
      }
      if (!this.#firing.goOn()) return 'more';
      this.#isFiring = false;
      if (this.#whole === undefined) continue;
      if (this.#latenessMs === 0) this.#wholeTable.dropPane(this.#whole);
      else this.#wholesToDrop.push(this.#whole);
      this.#whole = undefined;
    }
    this.#passedBy(this.#limit);
    this.#dropOver();
    return this.#takeWaiting();
  }

  /** Takes the late elements that have waited, as if they came now. */
  #takeWaiting(): Progress {
    const record = this.#record;
    while (this.#waiting.length > 0) {
      if (this.#emitter.busy || !this.#flow.mayEmit()) return 'more';
      const [{ time, value }] = this.#waiting.splice(0, 1) as [{ time: number; value: unknown }];
      const before = record.timestamp;
      record.timestamp = time;
      // Counted when it came.
      this.recordsIn--;
      this.process(value);
      record.timestamp = before;
    }
    return 'done';
  }

  /** The end of the next window that has something in it; Infinity when there is none. */
  #nextEnd(): number {
    const whole = this.#wholes.peek()?.end ?? Infinity;
    if (this.#firing.size > 0) return Math.min(whole, this.#slicing.nextEnd(this.#firedEnd));
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
    const window = timeWindow(this.#slicing.startOf(end), end);
    const complete: Pane<unknown>[] = [];
    for (let slice = this.#pending.peek(); slice !== undefined && slice.end <= end; slice = this.#pending.peek()) {
      this.#pending.pop();
      complete.push(slice);
    }
    this.#whole = this.#wholeTable.existingPane(window.start, end);
    if (this.#whole !== undefined) this.#wholes.pop();
    this.#hasFired(end);
    this.#isFiring = true;
    this.#current.forget();
    this.#firing.begin({ window, nextStart: this.#slicing.startOf(this.#slicing.nextEnd(end)), complete, whole: this.#whole, isEmpty: this.#newestEnd <= window.start });
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

import { BinaryHeap } from '../../base/binary-heap.js';
import { timeWindow, windowStart } from '../../functions/time-window.js';
import type { TimeWindow, WindowAssigner } from '../../functions/window.js';
import type { Pane, WindowTable } from '../../state/backend.js';
import type { Fusible, StageCode } from '../fusion/stage-code.js';
import type { Operator, PartialReceiver, Progress, Receiver } from '../operator.js';
import type { Flow, OperatorContext, RecordContext, TimeControl } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import type { Accumulation } from './accumulation.js';
import { CurrentPane } from './current-pane.js';
import { PartialInput } from './partial-input.js';
import { paneText } from './pane-text.js';
import { contentsTable, dropTimersAndTriggers, slicesTable, slicesToWindows } from './stored-windows.js';
import { bareSpec, storedForm, storedType } from './accumulation.js';
import { pendingAtEnd } from './pending-at-end.js';
import type { WindowEmitter } from './window-emitter.js';
import { WindowParts } from './window-parts.js';
import type { WindowSpec } from './window-spec.js';

/** Windows of one size that do not overlap; `strideMs` above `sizeMs` leaves gaps between them. */
export interface TumblingShape {
  readonly byEventTime: boolean;
  readonly sizeMs: number;
  readonly strideMs: number;
  readonly offsetMs: number;
}

/**
 * Windows that do not overlap, with the default trigger of their clock.
 *
 * The window is the outer map and the key the inner one, so there is no timer per key: a window that is due is one pane,
 * emitted key by key in steps and then dropped whole. With allowed lateness a pane stays until it is over, and an
 * element that comes after the firing fires its key at once (rule 6).
 */
export class TumblingWindowOperator implements Operator, Fusible {
  recordsIn: number;
  readonly #spec: WindowSpec;
  readonly #byEventTime: boolean;
  readonly #sizeMs: number;
  readonly #strideMs: number;
  readonly #offsetMs: number;
  readonly #latenessMs: number;
  readonly #current: CurrentPane;
  #watermark: number;
  /** The pane being fired and the next slot of it. */
  #firing: Pane<unknown> | undefined;
  #firingWindow: TimeWindow | undefined;
  #cursor: number;
  /** Up to where panes are due; what `resume` goes on with. */
  #limit: number;
  readonly #panes: Map<number, Pane<unknown>>;
  readonly #toFire: BinaryHeap<Pane<unknown>>;
  readonly #toDrop: BinaryHeap<Pane<unknown>>;
  #parts!: WindowParts;
  #accumulation!: Accumulation;
  #emitter!: WindowEmitter;
  #keyOf!: (value: unknown) => unknown;
  #table!: WindowTable<unknown>;
  #record!: RecordContext;
  #time!: TimeControl;
  #flow!: Flow;
  #context!: OperatorContext;

  constructor(spec: WindowSpec, shape: TumblingShape) {
    this.recordsIn = 0;
    this.#spec = spec;
    this.#byEventTime = shape.byEventTime;
    this.#sizeMs = shape.sizeMs;
    this.#strideMs = shape.strideMs;
    this.#offsetMs = shape.offsetMs;
    this.#latenessMs = shape.byEventTime ? spec.allowedLatenessMs : 0;
    this.#current = new CurrentPane();
    this.#watermark = -Infinity;
    this.#firing = undefined;
    this.#firingWindow = undefined;
    this.#cursor = 0;
    this.#limit = -Infinity;
    this.#panes = new Map();
    this.#toFire = new BinaryHeap(byEnd);
    this.#toDrop = new BinaryHeap(byEnd);
  }

  open(context: OperatorContext): Waited {
    this.#context = context;
    this.#record = context.record;
    this.#time = context.time;
    this.#flow = context.flow;
    const parts = new WindowParts(bareSpec(this.#spec), false, context);
    this.#parts = parts;
    this.#accumulation = parts.accumulation;
    this.#emitter = parts.emitter;
    this.#keyOf = parts.keyOf;
    if (this.#byEventTime) this.#watermark = context.time.watermark();
    this.#takeOver(parts);
    return parts.opening;
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    const time = this.#byEventTime ? this.#record.timestamp : this.#time.batchNow();
    const current = this.#current;
    if (!(time >= current.start && time < current.end) && !this.#usePane(time, value)) return;
    const pane = current.pane!;
    let slot: number;
    try {
      const key = this.#keyOf(value);
      slot = pane.slot(key);
      if (slot < 0) {
        slot = pane.insert(key, this.#accumulation.first(value));
      } else {
        pane.touch(slot);
        const before = pane.values[slot];
        const after = this.#accumulation.add(before, value);
        // An accumulator that was changed in place is not stored again: the collector would have to note every such store.
        if (after !== before) pane.values[slot] = after;
      }
    } catch (error) {
      throw this.#parts.failure(error, value);
    }
    if (current.isFired) this.#fireLate(pane, slot);
  }

  /** `process` as text. */
  fuse(code: StageCode, value: string): string {
    code.site(this.#parts.info);
    return paneText(code, value, {
      operator: this,
      parts: this.#parts,
      current: this.#current,
      time: this.#byEventTime ? code.timestamp : `${code.part(this.#time)}.batchNow()`,
      moveTo: (time) => this.#moveTo(time),
      withoutPane: (time, element) => this.#withoutPane(time, element),
      changedLate: (element) => this.#fireLate(this.#current.pane!, this.#current.pane!.slot(this.#keyOf(element))),
    });
  }

  partials(): PartialReceiver {
    return new PartialInput({
      operator: this,
      parts: this.#parts,
      current: this.#current,
      record: this.#record,
      usePane: (time, partial, records) => this.#usePane(time, partial, records),
      changedLate: (key) => this.#fireLate(this.#current.pane!, this.#current.pane!.slot(key)),
    });
  }

  advance(watermark: number): Progress {
    if (!this.#byEventTime) return 'done';
    this.#watermark = watermark;
    this.#limit = watermark;
    return this.#fire();
  }

  processingTime(now: number): Progress {
    if (this.#byEventTime) return 'done';
    this.#limit = now;
    return this.#fire();
  }

  resume(): Progress {
    if (!this.#emitter.pull()) return 'more';
    return this.#fire();
  }

  finish(): Progress {
    if (!this.#byEventTime) pendingAtEnd(this.#context, this.#toFire.size, 'windows');
    return 'done';
  }

  close(): Waited {
    return this.#parts?.close();
  }

  /** Sorts the panes of a restored snapshot by when they are due. */
  #takeOver(parts: WindowParts): void {
    const type = storedType(this.#spec);
    const form = storedForm(this.#spec);
    this.#table = contentsTable(parts.state, type, form);
    dropTimersAndTriggers(parts.state);
    const slices = slicesTable(parts.state, type, form);
    slicesToWindows(slices, this.#table, this.#spec.assigner as WindowAssigner<unknown>, parts.accumulation, (end) => end - 1 + this.#latenessMs <= this.#watermark);
    for (const pane of [...this.#table.panes()]) {
      if (end1(pane) + this.#latenessMs <= this.#watermark) this.#table.dropPane(pane);
      else this.#schedule(pane);
    }
    this.#wake();
  }

  /** Makes the pane of `time` the current one; false, and told, when the element has no window any more, or none at all. */
  #usePane(time: number, value: unknown, records: number = 1): boolean {
    if (this.#moveTo(time)) return true;
    this.#withoutPane(time, value, records);
    return false;
  }

  #withoutPane(time: number, value: unknown, records: number = 1): void {
    if (Number.isNaN(time)) throw this.#parts.withoutTimestamp(value);
    if (!this.#byEventTime) return;
    const end = windowStart(time, this.#offsetMs, this.#strideMs) + this.#sizeMs;
    // Between two windows an element is late by its own time.
    const last = time >= end ? time : end - 1;
    if (last + this.#latenessMs <= this.#watermark) this.#parts.late(value, records);
  }

  /** Makes the pane of `time` the current one, if it has one that is not dropped yet. */
  #moveTo(time: number): boolean {
    const start = windowStart(time, this.#offsetMs, this.#strideMs);
    const end = start + this.#sizeMs;
    if (!(time < end) || (this.#byEventTime && end - 1 + this.#latenessMs <= this.#watermark)) return false;
    let pane = this.#panes.get(start);
    if (pane === undefined || pane.end !== end) {
      pane = this.#table.pane(start, end);
      this.#schedule(pane);
      this.#wake();
    }
    this.#current.hold(pane, this.#byEventTime && end - 1 <= this.#watermark);
    return true;
  }

  #schedule(pane: Pane<unknown>): void {
    this.#panes.set(pane.start, pane);
    if (end1(pane) <= this.#watermark) this.#toDrop.push(pane);
    else this.#toFire.push(pane);
  }

  #wake(): void {
    if (this.#byEventTime) return;
    const next = this.#toFire.peek();
    this.#time.wakeAt(next === undefined ? Infinity : end1(next));
  }

  #fireLate(pane: Pane<unknown>, slot: number): void {
    // The pane may be firing this very moment, when an operator before this one emits while outputs are blocked.
    if (pane === this.#firing && slot >= this.#cursor) return;
    this.#emit(pane, slot, timeWindow(pane.start, pane.end), false);
    if (this.#emitter.busy) this.#flow.backlog();
  }

  /** Fires what is due, in order of the windows' ends. */
  #fire(): Progress {
    for (;;) {
      if (this.#firing === undefined && !this.#nextDue()) break;
      if (!this.#step(this.#firing!)) return 'more';
      this.#firing = undefined;
    }
    this.#dropOver();
    this.#wake();
    return 'done';
  }

  #nextDue(): boolean {
    const pane = this.#toFire.peek();
    if (pane === undefined || end1(pane) > this.#limit) return false;
    this.#toFire.pop();
    if (pane === this.#current.pane) this.#current.forget();
    this.#firing = pane;
    this.#firingWindow = timeWindow(pane.start, pane.end);
    this.#cursor = 0;
    return true;
  }

  /** Emits the keys of a pane while the outputs take more; false when some are left. */
  #step(pane: Pane<unknown>): boolean {
    const window = this.#firingWindow!;
    const isFinal = this.#latenessMs === 0;
    for (let slot = this.#cursor; slot < pane.slotLimit; slot++) {
      if (pane.keyAt(slot) === undefined) continue;
      this.#emit(pane, slot, window, isFinal);
      if (this.#emitter.busy || !this.#flow.mayEmit()) {
        this.#cursor = slot + 1;
        return false;
      }
    }
    if (isFinal) this.#drop(pane);
    else this.#toDrop.push(pane);
    return true;
  }

  #emit(pane: Pane<unknown>, slot: number, window: TimeWindow, isFinal: boolean): void {
    const accumulator = pane.values[slot];
    let result: unknown;
    try {
      result = this.#accumulation.result(accumulator, isFinal);
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
    this.#emitter.emit(this.#parts.userKey(pane.keyAt(slot)), window, result);
  }

  #dropOver(): void {
    for (let pane = this.#toDrop.peek(); pane !== undefined && end1(pane) + this.#latenessMs <= this.#limit; pane = this.#toDrop.peek()) {
      this.#toDrop.pop();
      this.#drop(pane);
    }
  }

  #drop(pane: Pane<unknown>): void {
    if (pane === this.#current.pane) this.#current.forget();
    if (this.#panes.get(pane.start) === pane) this.#panes.delete(pane.start);
    this.#table.dropPane(pane);
  }
}

/** The last timestamp of a pane. */
function end1(pane: Pane<unknown>): number {
  return pane.end - 1;
}

function byEnd(left: Pane<unknown>, right: Pane<unknown>): number {
  return left.end - right.end || left.start - right.start;
}

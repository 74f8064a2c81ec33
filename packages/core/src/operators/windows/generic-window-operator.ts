import { timeWindow } from '../../functions/time-window.js';
import { assignWindows, defaultTrigger, isMerging } from '../../functions/window-assigners.js';
import type { AssignerContext, TimeWindow, Trigger, TriggerResult } from '../../functions/window.js';
import type { Namespace, Timers } from '../../state/backend.js';
import type { Operator, Progress, Receiver } from '../operator.js';
import type { Flow, OperatorContext, RecordContext, TimeControl } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import { storedType } from './accumulation.js';
import { pendingAtEnd } from './pending-at-end.js';
import { contentsTable, sessionsTable, slicesTable, slicesToWindows } from './stored-windows.js';
import { TriggerScope } from './trigger-scope.js';
import { evict } from './eviction.js';
import { MergingContents, PlainContents, type WindowContents } from './window-contents.js';
import { WindowParts } from './window-parts.js';
import { WINDOW_STATE, type WindowSpec } from './window-spec.js';

/**
 * Any assigner with any trigger and evictor: what the specialised operators are measured against, and what runs wherever
 * none of them fits. It costs timers per key and window and a call of the trigger per element and window.
 *
 * The order of things is the contract (rules 4 to 11). For an element and each of its windows: merge, is the window
 * late, add, ask the trigger, fire, purge, register the cleanup timer. For a timer: ask the trigger, fire, purge, and at
 * exactly the cleanup time forget the window.
 */
export class GenericWindowOperator implements Operator, Receiver {
  recordsIn: number;
  readonly #spec: WindowSpec;
  readonly #byEventTime: boolean;
  readonly #needsTimestamp: boolean;
  readonly #latenessMs: number;
  readonly #trigger: Trigger<unknown>;
  #limit: number;
  #processingLimit: number;
  #wakeTime: number;
  readonly #mayContinue: () => boolean;
  #parts!: WindowParts;
  #contents!: WindowContents;
  #merging: MergingContents | undefined;
  #timers!: Timers;
  #scope!: TriggerScope;
  #assignerContext!: AssignerContext;
  #record!: RecordContext;
  #time!: TimeControl;
  #flow!: Flow;
  #context!: OperatorContext;

  constructor(spec: WindowSpec) {
    this.recordsIn = 0;
    this.#spec = spec;
    const domain = spec.assigner.kind === 'global' ? undefined : spec.assigner.domain;
    this.#byEventTime = domain !== 'processing';
    this.#needsTimestamp = domain === 'event';
    this.#latenessMs = this.#byEventTime ? spec.allowedLatenessMs : 0;
    this.#trigger = spec.trigger ?? defaultTrigger(spec.assigner);
    this.#limit = -Infinity;
    this.#processingLimit = -Infinity;
    this.#wakeTime = Infinity;
    this.#merging = undefined;
    this.#mayContinue = () => !this.#parts.emitter.busy && this.#flow.mayEmit();
  }

  open(context: OperatorContext): Waited {
    this.#context = context;
    this.#record = context.record;
    this.#time = context.time;
    this.#flow = context.flow;
    const { time } = context;
    this.#assignerContext = { currentProcessingTime: () => time.now() };
    const merging = isMerging(this.#spec.assigner);
    const parts = new WindowParts(this.#spec, merging, context);
    this.#parts = parts;
    this.#timers = parts.state.timers(WINDOW_STATE.timers, (domain, at, namespace) => this.#onTimer(domain, at, namespace!));
    this.#scope = new TriggerScope(parts.state, this.#timers, context.time);
    if (merging) this.#openMerging(parts);
    else this.#openPlain(parts);
    this.#wake();
    return parts.opening;
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    const timestamp = this.#record.timestamp;
    if (this.#needsTimestamp && Number.isNaN(timestamp)) throw this.#parts.withoutTimestamp(value);
    let key: unknown;
    let windows: readonly TimeWindow[];
    try {
      key = this.#parts.keyOf(value);
      this.#parts.state.setCurrentKey(key);
      windows = assignWindows(this.#spec.assigner, value, this.#byEventTime ? timestamp : this.#time.batchNow(), this.#assignerContext);
    } catch (error) {
      throw this.#parts.failure(error, value);
    }
    let isSkipped = true;
    for (const window of windows) if (this.#element(key, window, value, timestamp)) isSkipped = false;
    if (isSkipped && this.#byEventTime && timestamp + this.#latenessMs <= this.#time.watermark()) this.#parts.late(value);
    if (this.#parts.emitter.busy) this.#flow.backlog();
    this.#wake();
  }

  advance(watermark: number): Progress {
    this.#limit = watermark;
    return this.#goOn();
  }

  processingTime(now: number): Progress {
    this.#wakeTime = Infinity;
    this.#processingLimit = now;
    return this.#goOn();
  }

  resume(): Progress {
    if (!this.#parts.emitter.pull()) return 'more';
    return this.#goOn();
  }

  finish(): Progress {
    pendingAtEnd(this.#context, this.#timers.processingTimeCount, 'window timers');
    return 'done';
  }

  close(): Waited {
    return this.#parts?.close();
  }

  #openPlain(parts: WindowParts): void {
    const type = storedType(this.#spec);
    const table = contentsTable(parts.state, type);
    this.#contents = new PlainContents(table, parts.accumulation);
    if (parts.accumulation.canMerge) {
      slicesToWindows(slicesTable(parts.state, type), table, this.#spec.assigner, parts.accumulation, (end) => this.#isOver(timeWindow(end - 1, end)));
    }
    if (!this.#hasNoTimers()) return;
    for (const pane of [...table.panes()]) {
      const window = timeWindow(pane.start, pane.end);
      for (let slot = 0; slot < pane.slotLimit; slot++) {
        const key = pane.keyAt(slot);
        if (key !== undefined) this.#adopt(key, window);
      }
    }
  }

  #openMerging(parts: WindowParts): void {
    const table = sessionsTable(parts.state, storedType(this.#spec));
    this.#merging = new MergingContents(table, parts.accumulation);
    this.#contents = this.#merging;
    if (!this.#hasNoTimers()) return;
    for (const pane of table.panes()) {
      for (let slot = 0; slot < pane.slotLimit; slot++) {
        const key = pane.keyAt(slot);
        if (key === undefined) continue;
        for (const { start, end } of pane.values[slot]!) this.#adopt(key, timeWindow(start, end));
      }
    }
  }

  #hasNoTimers(): boolean {
    return this.#timers.eventTimeCount + this.#timers.processingTimeCount === 0;
  }

  /** A window that an operator without timers has left: it gets those it would have here. */
  #adopt(key: unknown, window: TimeWindow): void {
    this.#parts.state.setCurrentKey(key);
    this.#registerCleanup(window);
    this.#trigger.onMerge?.(window, this.#scope.enter(key, window));
  }

  /** Adds an element to one of its windows; false when the window is late. */
  #element(key: unknown, assigned: TimeWindow, value: unknown, timestamp: number): boolean {
    let window = assigned;
    let result: TriggerResult;
    try {
      if (this.#merging !== undefined) window = this.#merge(key, assigned);
      if (this.#isOver(window)) {
        if (this.#merging !== undefined) this.#contents.retire(key, window);
        return false;
      }
      this.#contents.add(key, window, value);
      result = this.#trigger.onElement(value, timestamp, window, this.#scope.enter(key, window));
    } catch (error) {
      throw this.#parts.failure(error, value);
    }
    this.#act(result, key, window, false);
    this.#registerCleanup(window);
    return true;
  }

  #merge(key: unknown, assigned: TimeWindow): TimeWindow {
    const { window, merged } = this.#merging!.place(key, assigned);
    if (merged.length === 0) return window;
    this.#trigger.onMerge!(window, this.#scope.enter(key, window, merged));
    for (const gone of merged) {
      this.#trigger.clear(gone, this.#scope.enter(key, gone));
      this.#scope.forget(key, gone);
      this.#deleteCleanup(gone);
    }
    return window;
  }

  #goOn(): Progress {
    if (this.#timers.fireEventTime(this.#limit, this.#mayContinue) === 'more' || this.#parts.emitter.busy) return 'more';
    if (this.#timers.fireProcessingTime(this.#processingLimit, this.#mayContinue) === 'more' || this.#parts.emitter.busy) return 'more';
    this.#wake();
    return 'done';
  }

  #wake(): void {
    const next = this.#timers.nextProcessingTime;
    if (next === this.#wakeTime) return;
    this.#wakeTime = next;
    this.#time.wakeAt(next);
  }

  #onTimer(domain: 'event' | 'processing', time: number, namespace: Namespace): void {
    const key = this.#parts.state.currentKey();
    const window = timeWindow(namespace.start, namespace.end);
    // The window was merged away after the timer had been registered.
    if (!this.#contents.has(key, window)) return;
    const scope = this.#scope.enter(key, window);
    let result: TriggerResult;
    try {
      result = domain === 'event' ? this.#trigger.onEventTime(time, window, scope) : this.#trigger.onProcessingTime(time, window, scope);
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
    const isOver = (domain === 'event') === this.#byEventTime && time === this.#cleanupTime(window);
    this.#act(result, key, window, isOver);
    if (isOver) this.#forget(key, window);
  }

  #act(result: TriggerResult, key: unknown, window: TimeWindow, isOver: boolean): void {
    const purges = result === 'purge' || result === 'fireAndPurge';
    if (result === 'fire' || result === 'fireAndPurge') this.#fire(key, window, purges || isOver);
    if (purges) this.#contents.set(key, window, undefined);
  }

  #fire(key: unknown, window: TimeWindow, isFinal: boolean): void {
    const contents = this.#contents.get(key, window);
    if (contents === undefined) return;
    const { accumulation, emitter, spec } = this.#parts;
    const userKey = this.#parts.userKey(key);
    if (spec.evictor !== undefined) {
      const now = this.#byEventTime ? this.#time.watermark() : this.#time.now();
      const left = evict(this.#parts, spec.evictor, contents, userKey, window, now);
      if (!isFinal && left !== contents) this.#contents.set(key, window, left);
      return;
    }
    let result: unknown;
    try {
      result = accumulation.result(contents, isFinal);
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
    emitter.emit(userKey, window, result);
  }

  /** The window is over: contents, trigger, per-window state and the bookkeeping of merges go (rule 8). */
  #forget(key: unknown, window: TimeWindow): void {
    this.#contents.retire(key, window);
    try {
      this.#parts.state.setCurrentKey(key);
      this.#trigger.clear(window, this.#scope.enter(key, window));
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
    this.#scope.forget(key, window);
    this.#parts.emitter.clear(this.#parts.userKey(key), window);
  }

  /** Whether a window takes no more elements (rule 4). */
  #isOver(window: TimeWindow): boolean {
    return this.#byEventTime && window.maxTimestamp + this.#latenessMs <= this.#time.watermark();
  }

  #cleanupTime(window: TimeWindow): number {
    return window.maxTimestamp + this.#latenessMs;
  }

  #registerCleanup(window: TimeWindow): void {
    const time = this.#cleanupTime(window);
    if (time === Infinity) return;
    if (this.#byEventTime) this.#timers.registerEventTime(time, window);
    else this.#timers.registerProcessingTime(time, window);
  }

  #deleteCleanup(window: TimeWindow): void {
    const time = this.#cleanupTime(window);
    if (time === Infinity) return;
    if (this.#byEventTime) this.#timers.deleteEventTime(time, window);
    else this.#timers.deleteProcessingTime(time, window);
  }
}

import type { TimeWindow, TriggerMergeContext } from '../../functions/window.js';
import type { Pane, StateBackend, Timers, WindowTable } from '../../state/backend.js';
import type { TimeControl } from '../operator-context.js';
import { triggersTable, type TriggerMemory } from './stored-windows.js';

/** What a trigger sees: one object, moved from key to key and window to window. */
export class TriggerScope implements TriggerMergeContext {
  readonly #table: WindowTable<TriggerMemory>;
  readonly #timers: Timers;
  readonly #time: TimeControl;
  #key: unknown;
  #window!: TimeWindow;
  #merged: readonly TimeWindow[];

  constructor(state: StateBackend, timers: Timers, time: TimeControl) {
    this.#table = triggersTable(state);
    this.#timers = timers;
    this.#time = time;
    this.#key = undefined;
    this.#merged = [];
  }

  /** Moves to a window of a key, which must be the current key of the state; at a merge with the windows that go into it. */
  enter(key: unknown, window: TimeWindow, merged: readonly TimeWindow[] = NOTHING_MERGED): this {
    this.#key = key;
    this.#window = window;
    this.#merged = merged;
    return this;
  }

  /** Drops all that is kept for a window of a key. */
  forget(key: unknown, window: TimeWindow): void {
    const pane = this.#table.existingPane(window.start, window.end);
    if (pane !== undefined) this.#remove(pane, key);
  }

  get currentWatermark(): number {
    return this.#time.watermark();
  }

  currentProcessingTime(): number {
    return this.#time.now();
  }

  registerEventTimeTimer(time: number): void {
    this.#timers.registerEventTime(time, this.#window);
  }

  registerProcessingTimeTimer(time: number): void {
    this.#timers.registerProcessingTime(time, this.#window);
  }

  deleteEventTimeTimer(time: number): void {
    this.#timers.deleteEventTime(time, this.#window);
  }

  deleteProcessingTimeTimer(time: number): void {
    this.#timers.deleteProcessingTime(time, this.#window);
  }

  getNumber(name: string): number | undefined {
    return this.#read(this.#window, name) as number | undefined;
  }

  setNumber(name: string, value: number | undefined): void {
    this.setValue(name, value);
  }

  getValue(name: string): unknown {
    return this.#read(this.#window, name);
  }

  setValue(name: string, value: unknown): void {
    const pane = value === undefined ? this.#table.existingPane(this.#window.start, this.#window.end) : this.#table.pane(this.#window.start, this.#window.end);
    const slot = pane === undefined ? -1 : pane.slot(this.#key);
    if (slot < 0) {
      if (value !== undefined) pane!.insert(this.#key, { [name]: value });
      return;
    }
    pane!.touch(slot);
    const memory = pane!.values[slot]!;
    if (value !== undefined) {
      memory[name] = value;
      return;
    }
    delete memory[name];
    for (const _left in memory) return;
    this.#remove(pane!, this.#key);
  }

  mergedNumbers(name: string): readonly number[] {
    const numbers: number[] = [];
    for (const window of this.#merged) {
      if (window.start === this.#window.start && window.end === this.#window.end) continue;
      const number = this.#read(window, name);
      if (typeof number === 'number') numbers.push(number);
    }
    return numbers;
  }

  #read(window: TimeWindow, name: string): unknown {
    const pane = this.#table.existingPane(window.start, window.end);
    if (pane === undefined) return undefined;
    const slot = pane.slot(this.#key);
    return slot < 0 ? undefined : pane.values[slot]![name];
  }

  #remove(pane: Pane<TriggerMemory>, key: unknown): void {
    pane.remove(key);
    if (pane.size === 0) this.#table.dropPane(pane);
  }
}

const NOTHING_MERGED: readonly TimeWindow[] = Object.freeze([]);

/** Where the generic operator keeps the contents of windows: by window and key, or as the sessions of a key. */
import { GLOBAL_WINDOW, overlapsOrTouches, timeWindow } from '../../functions/time-window.js';
import type { TimeWindow } from '../../functions/window.js';
import type { Pane, WindowTable } from '../../state/backend.js';
import type { Accumulation } from './accumulation.js';
import { joinSessions } from './session-operator.js';
import { storedSession, type StoredSession, type StoredSessions } from './stored-windows.js';

/** Contents of windows by key. `undefined` stands for no contents. */
export interface WindowContents {
  /** Whether the window is known for the key: false for one that has been merged away or is over. */
  has(key: unknown, window: TimeWindow): boolean;
  get(key: unknown, window: TimeWindow): unknown;
  add(key: unknown, window: TimeWindow, value: unknown): void;
  /** Replaces the contents; undefined drops them, while the window stays. */
  set(key: unknown, window: TimeWindow, accumulator: unknown): void;
  /** The window is over for the key. */
  retire(key: unknown, window: TimeWindow): void;
}

/** Windows that do not merge: one pane per window. */
export class PlainContents implements WindowContents {
  readonly #table: WindowTable<unknown>;
  readonly #accumulation: Accumulation;

  constructor(table: WindowTable<unknown>, accumulation: Accumulation) {
    this.#table = table;
    this.#accumulation = accumulation;
  }

  has(): boolean {
    return true;
  }

  get(key: unknown, window: TimeWindow): unknown {
    const pane = this.#table.existingPane(window.start, window.end);
    const slot = pane === undefined ? -1 : pane.slot(key);
    return slot < 0 ? undefined : pane!.values[slot];
  }

  add(key: unknown, window: TimeWindow, value: unknown): void {
    const pane = this.#table.pane(window.start, window.end);
    const slot = pane.slot(key);
    if (slot < 0) {
      pane.insert(key, this.#accumulation.first(value));
      return;
    }
    pane.touch(slot);
    pane.values[slot] = this.#accumulation.add(pane.values[slot], value);
  }

  set(key: unknown, window: TimeWindow, accumulator: unknown): void {
    const pane = this.#table.existingPane(window.start, window.end);
    const slot = pane === undefined ? -1 : pane.slot(key);
    if (slot < 0) return;
    if (accumulator === undefined) {
      pane!.remove(key);
      if (pane!.size === 0) this.#table.dropPane(pane!);
      return;
    }
    pane!.touch(slot);
    pane!.values[slot] = accumulator;
  }

  retire(key: unknown, window: TimeWindow): void {
    this.set(key, window, undefined);
  }
}

/** What placing a new window among those of its key has done. */
export interface Placed {
  /** The window that the element belongs to now. */
  readonly window: TimeWindow;
  /** The windows that have become one with it, when there are any that differ from it. */
  readonly merged: readonly TimeWindow[];
}

/** Windows that merge: each key has its list of them, in order of their start. */
export class MergingContents implements WindowContents {
  readonly #pane: Pane<StoredSessions>;
  readonly #accumulation: Accumulation;

  constructor(table: WindowTable<StoredSessions>, accumulation: Accumulation) {
    this.#pane = table.pane(GLOBAL_WINDOW.start, GLOBAL_WINDOW.end);
    this.#accumulation = accumulation;
  }

  /** Puts a window among those of the key and joins it with all that it overlaps or touches. */
  place(key: unknown, window: TimeWindow): Placed {
    const slot = this.#pane.slot(key);
    if (slot < 0) {
      this.#pane.insert(key, [storedSession(window.start, window.end, undefined)]);
      return { window, merged: [] };
    }
    this.#pane.touch(slot);
    const sessions = this.#pane.values[slot]!;
    let from = 0;
    while (from < sessions.length && !overlapsOrTouches(sessions[from]!, window) && sessions[from]!.start < window.start) from++;
    let to = from;
    while (to < sessions.length && overlapsOrTouches(sessions[to]!, window)) to++;
    if (from === to) {
      sessions.splice(from, 0, storedSession(window.start, window.end, undefined));
      return { window, merged: [] };
    }
    const first = sessions[from]!;
    if (to - from === 1 && first.start <= window.start && first.end >= window.end) return { window: timeWindow(first.start, first.end), merged: [] };
    return this.#join(sessions, from, to, window);
  }

  has(key: unknown, window: TimeWindow): boolean {
    return this.#find(key, window) !== undefined;
  }

  get(key: unknown, window: TimeWindow): unknown {
    return this.#find(key, window)?.accumulator;
  }

  add(key: unknown, window: TimeWindow, value: unknown): void {
    const session = this.#touched(key, window);
    if (session === undefined) return;
    const { accumulator } = session;
    session.accumulator = accumulator === undefined ? this.#accumulation.first(value) : this.#accumulation.add(accumulator, value);
  }

  set(key: unknown, window: TimeWindow, accumulator: unknown): void {
    const session = this.#touched(key, window);
    if (session !== undefined) session.accumulator = accumulator;
  }

  retire(key: unknown, window: TimeWindow): void {
    const session = this.#touched(key, window);
    if (session === undefined) return;
    const sessions = this.#pane.values[this.#pane.slot(key)]!;
    if (sessions.length === 1) this.#pane.remove(key);
    else sessions.splice(sessions.indexOf(session), 1);
  }

  #join(sessions: StoredSessions, from: number, to: number, window: TimeWindow): Placed {
    const merged = sessions.slice(from, to).map((session) => timeWindow(session.start, session.end));
    const joined = joinSessions(sessions, from, to, this.#accumulation);
    joined.start = Math.min(joined.start, window.start);
    joined.end = Math.max(joined.end, window.end);
    return { window: timeWindow(joined.start, joined.end), merged };
  }

  #find(key: unknown, window: TimeWindow): StoredSession | undefined {
    const slot = this.#pane.slot(key);
    if (slot < 0) return undefined;
    return this.#pane.values[slot]!.find((session) => session.start === window.start && session.end === window.end);
  }

  #touched(key: unknown, window: TimeWindow): StoredSession | undefined {
    const slot = this.#pane.slot(key);
    if (slot < 0) return undefined;
    this.#pane.touch(slot);
    return this.#find(key, window);
  }
}

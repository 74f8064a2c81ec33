/**
 * One logical format for all window operators: what one of them wrote is taken over by the one that the job uses now,
 * so that adding a trigger, an evictor or a lateness later orphans nothing.
 */
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { Pane, StateBackend, StoredForm, WindowTable } from '../../state/backend.js';
import { assignWindows } from '../../functions/window-assigners.js';
import type { AssignerContext, WindowAssigner } from '../../functions/window.js';
import type { Accumulation } from './accumulation.js';
import { StoredWindowsDoNotFit } from './errors.js';
import { WINDOW_STATE } from './window-spec.js';

/** What a trigger keeps for a key and window. */
export type TriggerMemory = Record<string, unknown>;

/** The merging windows of one key, in order of their start. */
export type StoredSessions = StoredSession[];

/** One merging window; the accumulator is undefined while it has no contents (it was purged). */
export interface StoredSession {
  start: number;
  end: number;
  accumulator: unknown;
}

/**
 * A merging window. The accumulator comes first so that its shape is its own: V8 learns how to keep a field from all literals of a program that
 * begin with the same names. Many begin with `start` and `end`, and beside one whose end is missing every number would be kept as an object.
 */
export function storedSession(start: number, end: number, accumulator: unknown): StoredSession {
  return { accumulator, start, end };
}

/** The table of accumulators by window. */
export function contentsTable(state: StateBackend, type: TypeInfo, form?: StoredForm): WindowTable<unknown> {
  return state.windowTable(WINDOW_STATE.contents, type, form);
}

/** The table of accumulators by shared piece. */
export function slicesTable(state: StateBackend, type: TypeInfo, form?: StoredForm): WindowTable<unknown> {
  return state.windowTable(WINDOW_STATE.slices, type, form);
}

/** The table of merging windows by key. */
export function sessionsTable(state: StateBackend, type: TypeInfo): WindowTable<StoredSessions> {
  const session = t.struct({ start: t.number, end: t.number, accumulator: t.optional(type) });
  return state.windowTable(WINDOW_STATE.sessions, t.list(session) as TypeInfo<StoredSessions>);
}

/** The table of what triggers keep, by window. */
export function triggersTable(state: StateBackend): WindowTable<TriggerMemory> {
  return state.windowTable(WINDOW_STATE.triggers, t.dynamic as TypeInfo<TriggerMemory>);
}

/**
 * Drops what the generic operator kept beside the contents: the specialised ones know from the windows themselves when
 * they are due.
 */
export function dropTimersAndTriggers(state: StateBackend): void {
  const timers = state.timers(WINDOW_STATE.timers, () => {});
  timers.fireEventTime(Infinity, always);
  timers.fireProcessingTime(Infinity, always);
  dropAllPanes(triggersTable(state));
}

/** Drops every pane of a table. */
export function dropAllPanes(table: WindowTable<unknown>): void {
  for (const pane of [...table.panes()]) table.dropPane(pane);
}

/**
 * Turns shared pieces into whole windows. A window gets every piece that lies in it and drops none; windows that are
 * over by `isOver` are left out. Refused when a piece lies across the border of a window, since nobody can divide it.
 */
export function slicesToWindows(
  slices: WindowTable<unknown>,
  contents: WindowTable<unknown>,
  assigner: WindowAssigner<unknown>,
  accumulation: Accumulation,
  isOver: (end: number) => boolean,
): void {
  const pieces = [...slices.panes()].sort((left, right) => left.start - right.start);
  for (const piece of pieces) {
    for (const window of assignWindows(assigner, undefined, piece.start, NO_CLOCK)) {
      if (window.end < piece.end || window.start > piece.start) throw doesNotFit(piece);
      if (!isOver(window.end)) mergePane(piece, contents.pane(window.start, window.end), accumulation);
    }
    slices.dropPane(piece);
  }
}

/** The error for a stored pane that the windows of the job cannot take over. */
export function doesNotFit(pane: { readonly start: number; readonly end: number }): Error {
  return StoredWindowsDoNotFit.error({ what: `the stored window part from ${pane.start} to ${pane.end} does not fit the windows that the job has now` });
}

/** Takes the accumulators of one pane into those of another. */
export function mergePane(from: Pane<unknown>, into: Pane<unknown>, accumulation: Accumulation): void {
  for (let slot = 0; slot < from.slotLimit; slot++) {
    const key = from.keyAt(slot);
    if (key === undefined) continue;
    const present = into.slot(key);
    if (present < 0) {
      into.insert(key, accumulation.copy(from.values[slot]));
    } else {
      into.touch(present);
      into.values[present] = accumulation.merge(into.values[present], from.values[slot]);
    }
  }
}

/** The key groups' windows are put together while the state is opened, when there is no element to ask a clock for. */
const NO_CLOCK: AssignerContext = Object.freeze({ currentProcessingTime: () => 0 });

function always(): boolean {
  return true;
}

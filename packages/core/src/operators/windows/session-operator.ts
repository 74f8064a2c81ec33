import { assert } from '../../base/assert.js';
import { GLOBAL_WINDOW, timeWindow } from '../../functions/time-window.js';
import { checkedGap } from '../../functions/window-assigners.js';
import { freezeKey } from '../../record/map-key.js';
import type { Pane } from '../../state/backend.js';
import { keyText } from '../fusion/key-text.js';
import type { Fusible, StageCode } from '../fusion/stage-code.js';
import type { Operator, Progress, Receiver } from '../operator.js';
import type { Flow, OperatorContext, RecordContext, TimeControl } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import { storedType, type Accumulation } from './accumulation.js';
import { DueSessions, type DueSession } from './due-sessions.js';
import { pendingAtEnd } from './pending-at-end.js';
import { dropTimersAndTriggers, sessionsTable, storedSession, type StoredSession, type StoredSessions } from './stored-windows.js';
import type { WindowEmitter } from './window-emitter.js';
import { WindowParts } from './window-parts.js';
import type { WindowSpec } from './window-spec.js';

/** The gap of sessions: one for all, or one per element. */
export type SessionGap = number | ((value: unknown) => number);

/**
 * Sessions with the default trigger and no allowed lateness (rule 9).
 *
 * The state of a key is the list of its open sessions, nearly always one. An element in order only moves the end of the
 * last session; nothing is registered for it. Each session is among the due ones once, by an end that may have been overtaken:
 * when that is due and the session has grown, it goes back with its present end (`due-sessions.ts`).
 */
export class SessionWindowOperator implements Operator, Fusible {
  recordsIn: number;
  readonly #spec: WindowSpec;
  readonly #byEventTime: boolean;
  readonly #gapMs: number;
  readonly #gapOf: ((value: unknown) => number) | undefined;
  #watermark: number;
  #limit: number;
  readonly #due: DueSessions;
  #sessions!: Pane<StoredSessions>;
  #parts!: WindowParts;
  #accumulation!: Accumulation;
  #emitter!: WindowEmitter;
  #keyOf!: (value: unknown) => unknown;
  #record!: RecordContext;
  #time!: TimeControl;
  #flow!: Flow;
  #context!: OperatorContext;

  constructor(spec: WindowSpec, gap: SessionGap, byEventTime: boolean) {
    this.recordsIn = 0;
    this.#spec = spec;
    this.#byEventTime = byEventTime;
    this.#gapMs = typeof gap === 'number' ? gap : 0;
    this.#gapOf = typeof gap === 'number' ? undefined : gap;
    this.#watermark = -Infinity;
    this.#limit = -Infinity;
    this.#due = new DueSessions(this.#gapMs);
  }

  open(context: OperatorContext): Waited {
    this.#context = context;
    this.#record = context.record;
    this.#time = context.time;
    this.#flow = context.flow;
    const parts = new WindowParts(this.#spec, true, context);
    this.#parts = parts;
    this.#accumulation = parts.accumulation;
    this.#emitter = parts.emitter;
    this.#keyOf = parts.keyOf;
    if (this.#byEventTime) this.#watermark = context.time.watermark();
    this.#sessions = sessionsTable(parts.state, storedType(this.#spec)).pane(GLOBAL_WINDOW.start, GLOBAL_WINDOW.end);
    dropTimersAndTriggers(parts.state);
    this.#takeOver();
    return parts.opening;
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    const time = this.#byEventTime ? this.#record.timestamp : this.#time.batchNow();
    if (!Number.isFinite(time)) throw this.#parts.withoutTimestamp(value);
    try {
      const key = this.#keyOf(value);
      this.#take(value, key, this.#sessions.slot(key), time);
    } catch (error) {
      throw this.#parts.failure(error, value);
    }
  }

  /** `process` as text: what only extends the last session of its key stands in it, all else is a call. */
  fuse(code: StageCode, value: string): string {
    const parts = this.#parts;
    code.site(parts.info);
    const sessions = code.part(this.#sessions);
    const take = code.part((element: unknown, key: unknown, slot: number, time: number) => this.#take(element, key, slot, time));
    const withoutTimestamp = code.part((element: unknown) => parts.withoutTimestamp(element));
    const add = this.#accumulation.fuseAdd?.(code, 'before', value) ?? `const after = ${code.part(this.#accumulation)}.add(before, ${value});`;
    const taken = `
${keyText(code, this.#keyOf, value)}
const slot = ${sessions}.slot(key);
const list = slot < 0 ? undefined : ${sessions}.values[slot];
const last = list === undefined ? undefined : list[list.length - 1];
if (${this.#gapOf === undefined} && last !== undefined && time >= last.start && time <= last.end && last.accumulator !== undefined) {
  ${sessions}.touch(slot);
  if (time + ${this.#gapMs} > last.end) last.end = time + ${this.#gapMs};
  const before = last.accumulator;
  ${add}
  if (after !== before) last.accumulator = after;
} else {
  ${take}(${value}, key, slot, time);
}`;
    return `
${code.count(this)}
const time = ${this.#byEventTime ? code.timestamp : `${code.part(this.#time)}.batchNow()`};
if (time - time !== 0) throw ${withoutTimestamp}(${value});
${code.step(taken, (error, element) => parts.failure(error, element), value)}`;
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
    if (!this.#byEventTime) pendingAtEnd(this.#context, this.#due.size, 'sessions');
    return 'done';
  }

  close(): Waited {
    return this.#parts?.close();
  }

  /** Takes an element into the sessions of its key, which are in `slot` when there are any. */
  #take(value: unknown, key: unknown, slot: number, time: number): void {
    const end = time + (this.#gapOf === undefined ? this.#gapMs : checkedGap(this.#gapOf(value)));
    if (slot >= 0) {
      this.#sessions.touch(slot);
      const sessions = this.#sessions.values[slot]!;
      const last = sessions[sessions.length - 1]!;
      if (time >= last.start && time <= last.end) {
        if (end > last.end) last.end = end;
        this.#add(last, value);
      } else {
        this.#outOfOrder(sessions, key, time, end, value);
      }
    } else if (this.#isLate(end)) {
      this.#parts.late(value);
    } else {
      this.#sessions.insert(key, [this.#newSession(key, time, end, value)]);
    }
  }

  /** Puts the sessions of a restored snapshot into the queue. Those that fired already were kept by an operator with lateness. */
  #takeOver(): void {
    for (let slot = 0; slot < this.#sessions.slotLimit; slot++) {
      const key = this.#sessions.keyAt(slot);
      if (key === undefined) continue;
      const sessions = this.#sessions.values[slot]!;
      const open = sessions.filter((session) => !this.#isLate(session.end)).map(({ start, end, accumulator }) => storedSession(start, end, accumulator));
      for (const session of open) this.#due.add(session, key);
      if (open.length < sessions.length) this.#sessions.touch(slot);
      if (open.length === 0) this.#sessions.remove(key);
      else this.#sessions.values[slot] = open;
    }
    this.#wake();
  }

  #isLate(end: number): boolean {
    return this.#byEventTime && end - 1 <= this.#watermark;
  }

  #newSession(key: unknown, start: number, end: number, value: unknown): StoredSession {
    const session = storedSession(start, end, this.#accumulation.first(value));
    // What is kept of the key here is the user's: of a pair the state has kept no more than its numbers.
    this.#due.add(session, freezeKey(key));
    this.#wake();
    return session;
  }

  #add(session: StoredSession, value: unknown): void {
    const { accumulator } = session;
    const after = accumulator === undefined ? this.#accumulation.first(value) : this.#accumulation.add(accumulator, value);
    if (after !== accumulator) session.accumulator = after;
  }

  /** An element that does not simply extend the last session: it may begin one, extend an older one, or join several. */
  #outOfOrder(sessions: StoredSessions, key: unknown, start: number, end: number, value: unknown): void {
    let from = 0;
    while (from < sessions.length && sessions[from]!.end < start) from++;
    let to = from;
    while (to < sessions.length && sessions[to]!.start <= end) to++;
    if (from === to) {
      // What merges with an open session is not late; what stands alone may be.
      if (this.#isLate(end)) this.#parts.late(value);
      else sessions.splice(from, 0, this.#newSession(key, start, end, value));
      return;
    }
    const joined = joinSessions(sessions, from, to, this.#accumulation);
    joined.start = Math.min(joined.start, start);
    joined.end = Math.max(joined.end, end);
    this.#add(joined, value);
  }

  #wake(): void {
    if (!this.#byEventTime) this.#time.wakeAt(this.#due.earliestEnd - 1);
  }

  #fire(): Progress {
    for (let due = this.#due.take(this.#limit, this.#flow); due !== undefined; due = this.#due.take(this.#limit, this.#flow)) {
      if (due === 'more') return 'more';
      this.#settle(due);
      if (this.#emitter.busy || !this.#flow.mayEmit()) return 'more';
    }
    this.#wake();
    return 'done';
  }

  /** Emits a session that has ended. */
  #settle({ session, key }: DueSession): void {
    const slot = this.#sessions.slot(key);
    assert(slot >= 0, 'a session is among the due ones as long as it is open');
    const sessions = this.#sessions.values[slot]!;
    this.#sessions.touch(slot);
    if (sessions.length === 1) this.#sessions.remove(key);
    else sessions.splice(sessions.indexOf(session), 1);
    if (session.accumulator === undefined) return;
    let result: unknown;
    try {
      result = this.#accumulation.result(session.accumulator, true);
    } catch (error) {
      throw this.#parts.failure(error, undefined);
    }
    this.#emitter.emit(this.#parts.userKey(key), timeWindow(session.start, session.end), result);
  }
}

/** Joins the sessions from `from` up to `to` into one that takes the place of all; the earliest takes in the later ones, which have no end (NaN) from then on. */
export function joinSessions(sessions: StoredSessions, from: number, to: number, accumulation: Accumulation): StoredSession {
  const joined = sessions[from]!;
  for (let at = from + 1; at < to; at++) {
    const other = sessions[at]!;
    joined.end = Math.max(joined.end, other.end);
    other.end = Number.NaN;
    if (other.accumulator === undefined) continue;
    joined.accumulator = joined.accumulator === undefined ? other.accumulator : accumulation.merge(joined.accumulator, other.accumulator);
  }
  sessions.splice(from + 1, to - from - 1);
  return joined;
}

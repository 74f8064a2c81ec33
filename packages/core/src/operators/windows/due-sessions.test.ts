import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Flow } from '../operator-context.js';
import { DueSessions } from './due-sessions.js';
import type { StoredSession } from './stored-windows.js';

/** Says no at every n-th call. */
function flowThatRefuses(every: number): Flow {
  let calls = 0;
  return { mayEmit: () => ++calls % every !== 0 } as Partial<Flow> as Flow;
}

describe('the sessions that are due', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('begin' as const), end: fc.integer({ min: 1, max: 400 }) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('grow' as const), which: fc.nat(20), by: fc.integer({ min: 1, max: 90 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const), which: fc.nat(20) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), by: fc.integer({ min: 1, max: 60 }) }) },
  );

  it('R09 come out once, in order of their ends, whatever has grown, was joined or came late', () => {
    fc.assert(fc.property(fc.constantFrom(0, 3, 20, 100), fc.array(step, { maxLength: 120 }), (gapMs, steps) => {
      const due = new DueSessions(gapMs);
      const open = new Set<StoredSession>();
      let limit = 0;
      const advance = (to: number): void => {
        limit = to;
        const ends: number[] = [];
        const flow = flowThatRefuses(2);
        for (let next = due.take(limit, flow); next !== undefined; next = due.take(limit, flow)) {
          if (next === 'more') continue;
          expect(open.delete(next.session)).toBe(true);
          expect(next.session.end).toBe(next.end);
          ends.push(next.end);
        }
        expect(ends).toEqual([...ends].sort((left, right) => left - right));
        for (const session of open) expect(session.end - 1).toBeGreaterThan(limit);
      };
      for (const each of steps) {
        const which = each.kind === 'grow' || each.kind === 'join' ? [...open][each.which % Math.max(1, open.size)] : undefined;
        if (each.kind === 'advance') advance(limit + each.by);
        if (each.kind === 'begin') {
          const session: StoredSession = { start: 0, end: limit + 1 + each.end, accumulator: 1 };
          open.add(session);
          due.add(session, 'key');
        } else if (which !== undefined && each.kind === 'grow') {
          which.end += each.by;
        } else if (which !== undefined && each.kind === 'join') {
          which.end = Number.NaN;
          open.delete(which);
        }
      }
      advance(Infinity);
      expect([open.size, due.size]).toEqual([0, 0]);
    }), { numRuns: 2_000 });
  });

  it('say when there is no time to look through all of them', () => {
    const due = new DueSessions(16_000);
    for (let n = 0; n < 1_000; n++) due.add({ start: 0, end: 500 + (n % 400), accumulator: n }, n);
    const flow = flowThatRefuses(1);
    let pauses = 0;
    for (let next = due.take(2_000, flow); next === 'more'; next = due.take(2_000, flow)) pauses++;
    expect(pauses).toBe(Math.floor(1_000 / 64));
    expect(due.size).toBe(999);
    expect(due.earliestEnd).toBe(500);
  });
});

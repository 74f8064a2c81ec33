import { describe, expect, it } from 'vitest';
import { keyGroupOf } from '../../record/key-hash.js';
import { kitBackend, takeSnapshot } from '../../testing/state-backend-kit.js';
import { heapStateBackendFactory as heap } from '../backends/heap/heap-state-backend.js';
import type { Timers } from '../backend.js';

const always = (): boolean => true;

describe('timers', () => {
  it('R25 a timer is gone before its handler runs, so it may register itself again, and fires in the same pass if due', () => {
    const backend = kitBackend(heap);
    const fired: string[] = [];
    const timers: Timers = backend.timers('t', (_domain, time) => {
      fired.push(`${time} of ${timers.eventTimeCount} left`);
      if (time === 10 && fired.length < 3) timers.registerEventTime(10, null);
      if (time === 12) timers.registerEventTime(5, null);
      if (time === 5) timers.registerEventTime(21, null);
    });
    backend.setCurrentKey('k');
    timers.registerEventTime(10, null);
    timers.registerEventTime(12, null);
    expect(timers.fireEventTime(20, always)).toBe('done');
    expect(fired).toEqual(['10 of 1 left', '10 of 1 left', '10 of 1 left', '12 of 0 left', '5 of 0 left']);
    expect(timers.eventTimeCount).toBe(1);
  });

  it('R25 a handler that registers for another key is heard in the same pass, in the order of time', () => {
    for (const [one, other] of [['a', 'b'], ['b', 'a'], ['a', 'key 7']] as const) {
      const backend = kitBackend(heap);
      const fired: string[] = [];
      const timers: Timers = backend.timers('t', (_domain, time) => {
        fired.push(`${String(backend.currentKey())} ${time}`);
        if (time !== 10) return;
        backend.setCurrentKey(other);
        timers.registerEventTime(15, null);
      });
      backend.setCurrentKey(one);
      for (const time of [10, 20]) timers.registerEventTime(time, null);
      expect(timers.fireEventTime(30, always)).toBe('done');
      expect(fired).toEqual([`${one} 10`, `${other} 15`, `${one} 20`]);
    }
  });

  it('R26 timers are a set on (key, namespace, time) per domain; an unknown one is deleted silently', () => {
    const backend = kitBackend(heap);
    const fired: string[] = [];
    const timers = backend.timers('t', (domain, time, namespace) => fired.push(`${String(backend.currentKey())} ${domain} ${time} ${namespace?.start ?? '-'}`));
    for (const key of ['a', 'a', 'b']) {
      backend.setCurrentKey(key);
      timers.registerEventTime(5.9, null);
      timers.registerEventTime(5, { start: 1, end: 2 });
      timers.registerEventTime(5, { start: 3, end: 4 });
      timers.registerProcessingTime(5, null);
    }
    timers.deleteEventTime(99, null);
    timers.deleteEventTime(5, { start: 1, end: 3 });
    timers.deleteEventTime(5, { start: 1, end: 2 });
    expect([timers.eventTimeCount, timers.processingTimeCount, timers.nextProcessingTime]).toEqual([5, 2, 5]);
    timers.fireEventTime(5, always);
    expect(fired.toSorted()).toEqual(['a event 5 -', 'a event 5 1', 'a event 5 3', 'b event 5 -', 'b event 5 3']);
    expect([timers.eventTimeCount, timers.processingTimeCount]).toEqual([0, 2]);
    timers.fireProcessingTime(4, always);
    expect(fired.length).toBe(5);
    timers.fireProcessingTime(5, always);
    expect([fired.length, timers.nextProcessingTime]).toEqual([7, Infinity]);
  });

  it('R26 at equal times they fire by key group, then in order of registration, also after a restore', () => {
    const keys = Array.from({ length: 40 }, (_, at) => `key ${(at * 17) % 40}`);
    const backend = kitBackend(heap);
    const timers = backend.timers('t', () => {});
    for (const key of keys) {
      backend.setCurrentKey(key);
      timers.registerEventTime(1000, null);
    }
    const expected = keys.toSorted((left, right) => keyGroupOf(left, 8) - keyGroupOf(right, 8));
    const snapshot = takeSnapshot(backend, 1);
    const restored = kitBackend(heap);
    restored.restore([snapshot]);
    const fired: unknown[] = [];
    const again = restored.timers('t', () => fired.push(restored.currentKey()));
    again.fireEventTime(1000, always);
    expect(fired).toEqual(expected);
  });

  it('R26 overdue processing-time timers fire after a restore', () => {
    const backend = kitBackend(heap);
    const timers = backend.timers('t', () => {});
    backend.setCurrentKey('k');
    timers.registerProcessingTime(50, null);
    const restored = kitBackend(heap);
    restored.restore([takeSnapshot(backend, 1)]);
    const fired: number[] = [];
    const again = restored.timers('t', (_domain, time) => fired.push(time));
    expect(again.nextProcessingTime).toBe(50);
    again.fireProcessingTime(1_000_000, always);
    expect(fired).toEqual([50]);
  });

  it('R27 pending processing-time timers are counted', () => {
    const backend = kitBackend(heap);
    const timers = backend.timers('t', () => {});
    backend.setCurrentKey('k');
    timers.registerProcessingTime(50, null);
    timers.registerEventTime(Number.MAX_VALUE, null);
    expect(timers.fireEventTime(Infinity, always)).toBe('done');
    expect([timers.eventTimeCount, timers.processingTimeCount]).toEqual([0, 1]);
  });

  it('refuse times that are none, and use without a key', () => {
    const backend = kitBackend(heap);
    const timers = backend.timers('t', () => {});
    expect(() => timers.registerEventTime(1, null)).toThrow(expect.objectContaining({ code: 'MR-1313' }));
    backend.setCurrentKey('k');
    for (const time of [NaN, -Infinity, undefined, null, '5', 5n, new Date(5)]) {
      expect(() => timers.registerEventTime(time as number, null)).toThrow(expect.objectContaining({ code: 'MR-1312' }));
    }
  });

  it('many timers of one second are dealt out in slices, and deleted ones leave no trace', () => {
    const backend = kitBackend(heap, { keyGroups: { first: 0, last: 0 }, maxParallelism: 1 });
    const fired: number[] = [];
    const timers = backend.timers('t', (_domain, time) => fired.push(time));
    for (let at = 0; at < 20_000; at++) {
      backend.setCurrentKey(at % 50);
      timers.registerEventTime(5000 + ((at * 7919) % 1000), { start: at, end: at });
      if (at % 4 === 0) timers.deleteEventTime(5000 + ((at * 7919) % 1000), { start: at, end: at });
    }
    let asked = 0;
    let slices = 0;
    while (timers.fireEventTime(5500, () => ++asked % 100 !== 0) === 'more') slices++;
    expect(slices).toBeGreaterThan(50);
    expect(fired.length + timers.eventTimeCount).toBe(15_000);
    expect(fired).toEqual(fired.toSorted((left, right) => left - right));
    // The second is opened now: what is registered into it, early or late, still comes in its place.
    backend.setCurrentKey(1);
    timers.registerEventTime(5501, { start: -1, end: -1 });
    timers.registerEventTime(5400, { start: -1, end: -1 });
    for (let round = 0; round < 500; round++) {
      timers.registerEventTime(5502, { start: -2, end: round });
      timers.deleteEventTime(5502, { start: -2, end: round });
    }
    fired.length = 0;
    timers.fireEventTime(Infinity, always);
    expect(fired[0]).toBe(5400);
    expect(fired).toEqual(fired.toSorted((left, right) => left - right));
  });

  it('R26 more timers of one second than lie in one array fire in order, whatever was deleted and however far that was cleaned up', () => {
    for (const deleted of [0, 0.4, 0.6, 0.9]) {
      const backend = kitBackend(heap);
      const fired: [number, number, number][] = [];
      const timers: Timers = backend.timers('t', (_domain, time, namespace) => void fired.push([time, keyGroupOf(backend.currentKey(), 8), namespace!.start]));
      const expected: [number, number, number][] = [];
      const random = seeded(7);
      for (let at = 0; at < 40_000; at++) {
        const key = Math.floor(random() * 3000);
        const time = 7000 + Math.floor(random() * 1000);
        backend.setCurrentKey(key);
        timers.registerEventTime(time, { start: at, end: at });
        if (random() < deleted) timers.deleteEventTime(time, { start: at, end: at });
        else expected.push([time, keyGroupOf(key, 8), at]);
      }
      let asked = 0;
      while (timers.fireEventTime(7600, () => ++asked % 1000 !== 0) === 'more');
      timers.fireEventTime(9000, always);
      expect(fired).toEqual(expected.toSorted((left, right) => left[0] - right[0] || left[1] - right[1] || left[2] - right[2]));
      expect(timers.eventTimeCount).toBe(0);
    }
  });

  it('R26 the earliest timer is known while the earliest ones are deleted, and others come', () => {
    const backend = kitBackend(heap);
    const timers = backend.timers('t', () => {});
    backend.setCurrentKey('k');
    for (let time = 2000; time < 3000; time += 2) timers.registerProcessingTime(time, null);
    for (let time = 2000; time < 2500; time += 2) {
      expect(timers.nextProcessingTime).toBe(time);
      timers.deleteProcessingTime(time, null);
    }
    expect(timers.nextProcessingTime).toBe(2500);
    timers.registerProcessingTime(2001, null);
    expect(timers.nextProcessingTime).toBe(2001);
    timers.deleteProcessingTime(2001, null);
    timers.registerProcessingTime(2499, null);
    timers.deleteProcessingTime(2500, null);
    expect(timers.nextProcessingTime).toBe(2499);
    timers.fireProcessingTime(2998, always);
    expect(timers.nextProcessingTime).toBe(Infinity);
  });
});

/** The same numbers from 0 to 1 each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

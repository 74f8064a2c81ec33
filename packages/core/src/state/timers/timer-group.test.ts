import { describe, expect, it } from 'vitest';
import { kitBackend, takeSnapshot } from '../../testing/state-backend-kit.js';
import { heapStateBackendFactory as heap } from '../backends/heap/heap-state-backend.js';
import { appendToChain } from '../snapshot-chain.js';

const always = (): boolean => true;
const ONE_GROUP = { keyGroups: { first: 0, last: 0 }, maxParallelism: 1 };

describe('snapshots of timers whose memory is given back', () => {
  it.each([0, 20_000])('a delta after many that have fired holds those that are there, %i of them, and no others', (again) => {
    const backend = kitBackend(heap, { ...ONE_GROUP, incremental: true });
    const timers = backend.timers('t', () => {});
    const register = (time: number, count: number): void => {
      for (let at = 0; at < count; at++) {
        backend.setCurrentKey(at);
        timers.registerEventTime(time, null);
      }
    };
    register(90_000, 1);
    const base = takeSnapshot(backend, 1);
    backend.snapshotComplete(1);
    register(1_000, 20_000);
    timers.fireEventTime(1_000, always);
    register(50_000, again);
    const delta = takeSnapshot(backend, 2);
    expect(delta.basedOn).toBe(1);
    const restored = kitBackend(heap, ONE_GROUP);
    restored.restore([appendToChain(base, delta)]);
    const fired: number[] = [];
    const rest = restored.timers('t', (_domain, time) => fired.push(time));
    expect(rest.eventTimeCount).toBe(again + 1);
    rest.fireEventTime(Infinity, always);
    expect(fired).toEqual([...new Array<number>(again).fill(50_000), 90_000]);
  });

  it('a base holds timers that fire while it is written', () => {
    const backend = kitBackend(heap, ONE_GROUP);
    const timers = backend.timers('t', () => {});
    backend.setCurrentKey('k');
    for (let at = 0; at < 4_096; at++) timers.registerEventTime(1_000, { start: at, end: at });
    const run = backend.beginSnapshot(1);
    for (let step = 0; step < 4; step++) expect(run.advance(0)).toBe('more');
    timers.fireEventTime(1_000, always);
    while (run.advance(10) === 'more');
    const restored = kitBackend(heap, ONE_GROUP);
    restored.restore([run.result()]);
    expect(restored.timers('t', () => {}).eventTimeCount).toBe(4_096);
  });
});

import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import { StillClock } from '../../../testing/state-backend-model.js';
import { state } from '../../state-builders.js';
import { appendToChain } from '../../snapshot-chain.js';
import { heapStateBackendFactory as heap } from './heap-state-backend.js';

describe('keyed state with time to live', () => {
  it('R38 clears a value by undefined or null, and counts time to live per element of lists and maps', () => {
    const clock = new StillClock();
    const backend = kitBackend(heap, { clock });
    const value = backend.keyedState('value', state.value(t.number));
    const list = backend.keyedState('list', state.list(t.number, { ttl: 10 }));
    const map = backend.keyedState('map', state.map(t.string, t.number, { ttl: 10 }));
    backend.setCurrentKey('k');
    value.update(1);
    value.update(undefined);
    expect(value.value()).toBeUndefined();
    list.add(1);
    map.put('old', 1);
    clock.time += 6;
    list.add(2);
    map.put('new', 2);
    clock.time += 6;
    expect([...list.get()]).toEqual([2]);
    expect([...map.entries()]).toEqual([['new', 2]]);
    expect([map.get('old'), map.has('old'), map.size]).toEqual([undefined, false, 1]);
  });

  it('R39 expires on create and write, or on read too, by processing or event time', () => {
    const clock = new StillClock();
    const backend = kitBackend(heap, { clock });
    const written = backend.keyedState('written', state.value(t.number, { ttl: 10 }));
    const read = backend.keyedState('read', state.value(t.number, { ttl: { after: 10, renewedBy: 'readAndWrite' } }));
    const event = backend.keyedState('event', state.value(t.number, { ttl: { after: 10, domain: 'event' } }));
    const kept = backend.keyedState('kept', state.value(t.number, { ttl: { after: 10, returnExpired: true } }));
    backend.setCurrentKey('k');
    for (const each of [written, read, event, kept]) each.update(1);
    clock.time += 6;
    expect([written.value(), read.value(), event.value()]).toEqual([1, 1, 1]);
    clock.time += 4;
    // Ten milliseconds after the write it is gone; the read at six renewed the other; event time has not moved.
    expect([written.value(), read.value(), event.value()]).toEqual([undefined, 1, 1]);
    expect([kept.value(), kept.value()]).toEqual([1, undefined]);
    backend.advanceWatermark(100);
    expect(event.value()).toBe(1);
    backend.advanceWatermark(110);
    expect(event.value()).toBeUndefined();
    event.update(2);
    backend.advanceWatermark(Infinity);
    expect(event.value()).toBe(2);
  });

  it('cleans up in the background, in slices, and writes what is gone into the next delta', () => {
    const clock = new StillClock();
    const backend = kitBackend(heap, { clock });
    const value = backend.keyedState('value', state.value(t.number, { ttl: 10 }));
    const list = backend.keyedState('list', state.list(t.number, { ttl: 10 }));
    const map = backend.keyedState('map', state.map(t.number, t.number, { ttl: 10 }));
    for (let key = 0; key < 200; key++) {
      backend.setCurrentKey(key);
      value.update(key);
      list.add(1);
      map.put(1, 1);
    }
    const base = takeSnapshot(backend, 1);
    backend.snapshotComplete(1);
    clock.time += 5;
    backend.setCurrentKey(7);
    list.add(2);
    map.put(2, 2);
    clock.time += 5;
    let slices = 1;
    while (backend.maintain(0) === 'more') slices++;
    expect(slices).toBeGreaterThan(3);
    expect(backend.size).toBe(2);
    const restored = kitBackend(heap, { clock });
    restored.restore([appendToChain(base, takeSnapshot(backend, 2))]);
    restored.keyedState('value', state.value(t.number, { ttl: 10 }));
    const list2 = restored.keyedState('list', state.list(t.number, { ttl: 10 }));
    restored.keyedState('map', state.map(t.number, t.number, { ttl: 10 }));
    expect(restored.size).toBe(2);
    restored.setCurrentKey(7);
    expect([...list2.get()]).toEqual([2]);
  });

  it('a state that gains a time to live counts from the restore', () => {
    const clock = new StillClock();
    const backend = kitBackend(heap, { clock });
    backend.setCurrentKey('k');
    backend.keyedState('v', state.value(t.number)).update(1);
    const restored = kitBackend(heap, { clock });
    restored.restore([takeSnapshot(backend, 1)]);
    const value = restored.keyedState('v', state.value(t.number, { ttl: 10 }));
    restored.setCurrentKey('k');
    expect(value.value()).toBe(1);
    clock.time += 10;
    expect(value.value()).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import { state } from '../../state-builders.js';
import { heapStateBackendFactory as heap } from './heap-state-backend.js';
import { KeyDirectory } from './key-slots.js';

const KEYS: unknown[] = [7, 2 ** 40, 'k', true, 5n, [3, 4], ['a', 1], { a: 1 }];

function threeStates(backend = kitBackend(heap)) {
  return {
    backend,
    value: backend.keyedState('value', state.value(t.number)),
    list: backend.keyedState('list', state.list(t.number)),
    map: backend.keyedState('map', state.map(t.number, t.number)),
  };
}

describe('the states of a key, which is looked up once for all of them', () => {
  it('come and go one by one, whoever was first and whoever is last', () => {
    const { backend, value, list, map } = threeStates();
    for (const key of KEYS) {
      backend.setCurrentKey(key);
      expect([value.value(), list.size, map.size]).toEqual([undefined, 0, 0]);
      value.update(1);
      list.add(2);
      value.clear();
      expect([...list.get()]).toEqual([2]);
      map.put(1, 3);
      list.clear();
      expect([value.value(), list.size, map.get(1)]).toEqual([undefined, 0, 3]);
      map.clear();
      expect(backend.size).toBe(0);
      // Nothing holds the key any more: it is taken anew.
      list.add(4);
      value.update(5);
      backend.setCurrentKey('another');
      backend.setCurrentKey(key);
      expect([value.value(), [...list.get()], map.get(1)]).toEqual([5, [4], undefined]);
      list.clear();
      value.clear();
    }
  });

  it('are not mistaken for those of the key that had the slot before', () => {
    const { backend, value, list, map } = threeStates(kitBackend(heap, { keyGroups: { first: 0, last: 0 }, maxParallelism: 1 }));
    for (let round = 0; round < 3; round++) {
      for (let key = 0; key < 100; key++) {
        backend.setCurrentKey(key);
        expect([value.value(), list.size, map.size]).toEqual([undefined, 0, 0]);
        (key % 2 === 0 ? value : list.size === 0 ? { update: (item: number) => list.add(item) } : value).update(key);
        if (key % 3 === 0) map.put(key, key);
      }
      for (let key = 99; key >= 0; key--) {
        backend.setCurrentKey(key);
        expect([value.value(), [...list.get()], map.get(key)]).toEqual([key % 2 === 0 ? key : undefined, key % 2 === 0 ? [] : [key], key % 3 === 0 ? key : undefined]);
        value.clear();
        list.clear();
        map.clear();
      }
    }
    expect(backend.size).toBe(0);
  });

  it('R37 give a pair frozen, whether state holds an equal one or not', () => {
    const { backend, value } = threeStates();
    const first = [3, 4];
    backend.setCurrentKey(first);
    value.update(1);
    const again = [3, 4];
    backend.setCurrentKey(again);
    expect(value.value()).toBe(1);
    expect(backend.currentKey()).toEqual([3, 4]);
    expect(Object.isFrozen(backend.currentKey())).toBe(true);
    backend.setCurrentKey([3, 5]);
    expect(Object.isFrozen(backend.currentKey())).toBe(true);
  });

  it('are found again when one of them is restored while a key is current', () => {
    const before = threeStates();
    for (const key of KEYS) {
      before.backend.setCurrentKey(key);
      before.value.update(1);
      before.list.add(2);
    }
    const backend = kitBackend(heap);
    backend.restore([takeSnapshot(before.backend, 1)]);
    backend.setCurrentKey(KEYS[0]);
    const map = backend.keyedState('map', state.map(t.number, t.number));
    expect(map.size).toBe(0);
    const value = backend.keyedState('value', state.value(t.number));
    expect(value.value()).toBe(1);
    map.put(1, 1);
    // The list is not declared any more; the snapshot takes it over while the key is current.
    const after = kitBackend(heap);
    after.restore([takeSnapshot(backend, 2)]);
    map.clear();
    value.clear();
    map.put(1, 2);
    expect(map.get(1)).toBe(2);
    const list = after.keyedState('list', state.list(t.number));
    for (const key of KEYS) {
      after.setCurrentKey(key);
      expect([...list.get()]).toEqual([2]);
    }
  });
});

describe('a pair as the key', () => {
  it('is the one that was set, though its array was changed before anybody was given the key', () => {
    const backend = kitBackend(heap);
    const value = backend.keyedState('value', state.value(t.number));
    const byWindow = backend.keyedState('byWindow', state.value(t.number), { namespaced: true });
    const fired: unknown[] = [];
    const timers = backend.timers('timers', () => void fired.push([backend.currentKey(), value.value()]));
    const key = [1, 2];
    backend.setCurrentKey(key);
    value.update(7);
    key[0] = 9;
    timers.registerEventTime(5, null);
    backend.setCurrentNamespace({ start: 0, end: 10 });
    byWindow.update(8);
    expect(backend.currentKey()).toEqual([1, 2]);
    expect(() => (backend.currentKey() as number[]).push(3)).toThrow(TypeError);
    timers.fireEventTime(10, () => true);
    expect(fired).toEqual([[[1, 2], 7]]);
    backend.setCurrentKey([1, 2]);
    backend.setCurrentNamespace({ start: 0, end: 10 });
    expect([value.value(), byWindow.value()]).toEqual([7, 8]);
  });
});

describe('the directory of keys', () => {
  it.each([
    [0, 0],
    [5, 5],
    [0, 127],
    [100, 32_767],
  ])('tells the key group and the slot of a place, for key groups %d to %d', (first, last) => {
    const directory = new KeyDirectory({ first, last });
    for (let key = 0; key < 1_000; key++) {
      const keyGroup = first + (key % (last - first + 1));
      const place = directory.take(key, keyGroup);
      expect([directory.keyGroupOf(place), directory.group(keyGroup).keyAt(directory.slotOf(place)), directory.places.find(key)]).toEqual([keyGroup, key, place]);
    }
  });
});

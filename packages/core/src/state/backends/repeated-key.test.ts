import { describe, expect, it } from 'vitest';
import { t } from '../../record/types/t.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { kitBackend, takeSnapshot } from '../../testing/state-backend-kit.js';
import { StillClock } from '../../testing/state-backend-model.js';
import { state } from '../state-builders.js';
import { heapStateBackendFactory } from './heap/heap-state-backend.js';
import { logStateBackendFactory } from './log/log-state-backend.js';

const { files, random } = new SimulatedPlatform({ seed: 1 });
const FACTORIES = [heapStateBackendFactory, logStateBackendFactory({ files, random, directory: '/work', segmentBytes: 4096 })];

describe.each(FACTORIES)('a key that is set again while it is current, $name', (factory) => {
  it('finds what was made, changed and removed under it meanwhile', () => {
    const backend = kitBackend(factory);
    const value = backend.keyedState('value', state.value(t.number));
    const map = backend.keyedState('map', state.map(t.string, t.number));
    for (const key of ['k', 7, 2 ** 40, true, 5n, -0]) {
      backend.setCurrentKey(key);
      expect([value.value(), map.size]).toEqual([undefined, 0]);
      backend.setCurrentKey(key);
      value.update(1);
      map.put('a', 1);
      backend.setCurrentKey(key);
      expect([value.value(), map.get('a')]).toEqual([1, 1]);
      value.clear();
      map.remove('a');
      backend.setCurrentKey(key);
      expect([value.value(), map.size]).toEqual([undefined, 0]);
      value.update(2);
      takeSnapshot(backend, 1);
      backend.setCurrentKey(key);
      expect(value.value()).toBe(2);
    }
  });

  it('is told from others that look like it', () => {
    const backend = kitBackend(factory);
    const value = backend.keyedState('value', state.value(t.string));
    const keys = ['1', 1, 1n, true, '', 0, false, [1, 2], [1, 3]];
    for (const key of keys) {
      backend.setCurrentKey(key);
      expect(value.value()).toBeUndefined();
      value.update(`${typeof key} ${String(key)}`);
    }
    for (const key of keys) {
      backend.setCurrentKey(key);
      expect(value.value()).toBe(`${typeof key} ${String(key)}`);
    }
  });

  it('may be a composite whose parts were changed in the meantime, as it is not frozen before somebody asks for it', () => {
    const backend = kitBackend(factory);
    const value = backend.keyedState('value', state.value(t.number));
    const key = [1, 2];
    backend.setCurrentKey(key);
    key[1] = 3;
    backend.setCurrentKey(key);
    value.update(13);
    backend.setCurrentKey([1, 2]);
    expect(value.value()).toBeUndefined();
    backend.setCurrentKey([1, 3]);
    expect(value.value()).toBe(13);
  });

  it('is looked up again when an expired entry was swept', () => {
    const clock = new StillClock();
    const backend = kitBackend(factory, { clock });
    const value = backend.keyedState('value', state.value(t.number, { ttl: 10 }));
    backend.setCurrentKey('k');
    value.update(1);
    clock.time += 20;
    while (backend.maintain(10) === 'more');
    backend.setCurrentKey('k');
    expect(value.value()).toBeUndefined();
    value.update(2);
    expect(value.value()).toBe(2);
  });

  it('has what it had when state on disk was moved and cleaned meanwhile', () => {
    const backend = kitBackend(factory);
    const value = backend.keyedState('value', state.value(t.string));
    const map = backend.keyedState('map', state.map(t.number, t.string));
    const list = backend.keyedState('list', state.list(t.string));
    const expected: string[] = [];
    for (let round = 0; round < 300; round++) {
      const text = `${round} ${'x'.repeat(60)}`;
      backend.setCurrentKey('k');
      if (round % 7 === 6) value.clear();
      else value.update(text);
      if (round % 5 === 4) map.clear();
      map.put(round % 3, text);
      list.add(text);
      expected.push(text);
      if (round % 10 === 0) backend.snapshotComplete(takeSnapshot(backend, round + 1).checkpointId);
      while (backend.maintain(1) === 'more');
      backend.setCurrentKey('k');
      expect([value.value(), map.get(round % 3), [...list.get()]]).toEqual([round % 7 === 6 ? undefined : text, text, expected]);
    }
    backend.close();
  });
});

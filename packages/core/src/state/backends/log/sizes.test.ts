import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { nodePlatform } from '../../../platform/node/node-platform.js';
import { t } from '../../../record/types/t.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import { StillClock } from '../../../testing/state-backend-model.js';
import type { StateBackend, StateBackendFactory } from '../../backend.js';
import { loadSnapshot } from '../../blob-bytes.js';
import { state } from '../../state-builders.js';
import { heapStateBackendFactory } from '../heap/heap-state-backend.js';
import { logStateBackendFactory } from './log-state-backend.js';

const MANY = 150_000;
const LARGE_VALUE = 50_000_000;

describe('the log backend with much under one key, and with large values', () => {
  const platform = nodePlatform();
  const directory = platform.files.makeTemporaryDirectory('millrace-sizes-');
  afterAll(() => platform.files.removeTree(directory));
  const log = logStateBackendFactory({ files: platform.files, random: platform.random, directory });

  /** The state in a new backend of that kind, by way of a snapshot. */
  function restored(factory: StateBackendFactory, from: StateBackend, checkpointId: number): StateBackend {
    const again = kitBackend(factory, { keyType: t.string, files: platform.files });
    again.restore([loadSnapshot(takeSnapshot(from, checkpointId), platform.files)]);
    return again;
  }

  it('keeps a map of many entries under one key, through changes, a snapshot and its restore on either backend', () => {
    const backend = kitBackend(log, { keyType: t.string });
    const map = backend.keyedState('m', state.map(t.number, t.number));
    backend.setCurrentKey('one');
    for (let key = 0; key < MANY; key++) map.put(key, key);
    for (let key = 0; key < MANY; key += 3) map.remove(key);
    for (let key = 1; key < MANY; key += 3) map.put(key, -key);
    for (const [at, factory] of [log, heapStateBackendFactory].entries()) {
      const again = restored(factory, backend, at + 1);
      const entries = again.keyedState('m', state.map(t.number, t.number));
      again.setCurrentKey('one');
      expect([entries.size, entries.get(0), entries.get(MANY - 2), entries.get(MANY - 1)]).toEqual([(MANY / 3) * 2, undefined, 2 - MANY, MANY - 1]);
      let sum = 0;
      for (const [key, value] of entries.entries()) sum += key % 3 === 1 ? value + key : value - key;
      expect(sum).toBe(0);
      again.close();
    }
    map.clear();
    expect([map.size, map.isEmpty(), backend.size]).toEqual([0, true, 0]);
    backend.close();
  }, 60_000);

  it('keeps a list of many elements in order', () => {
    const backend = kitBackend(log, { keyType: t.string });
    const list = backend.keyedState('l', state.list(t.number));
    backend.setCurrentKey('one');
    for (let at = 0; at < MANY; at++) list.add(at);
    const again = restored(heapStateBackendFactory, backend, 1);
    const elements = again.keyedState('l', state.list(t.number));
    again.setCurrentKey('one');
    for (const found of [[...list.get()], [...elements.get()]]) {
      expect(found.length).toBe(MANY);
      expect(found.every((value, at) => value === at)).toBe(true);
    }
    list.clear();
    expect(list.size).toBe(0);
    again.close();
    backend.close();
  }, 60_000);

  it('keeps a value of 50 MB, moves it out of the way of others, and saves it', () => {
    const backend = kitBackend(log, { keyType: t.string });
    const value = backend.keyedState('v', state.value(t.string));
    const large = 'x'.repeat(LARGE_VALUE);
    for (const key of ['a', 'b', 'a', 'c', 'a']) {
      backend.setCurrentKey(key);
      value.update(key === 'a' ? large : key);
    }
    while (backend.maintain(5) === 'more');
    const again = restored(log, backend, 1);
    const read = again.keyedState('v', state.value(t.string));
    for (const [key, length] of [['a', LARGE_VALUE], ['b', 1], ['c', 1]] as const) {
      backend.setCurrentKey(key);
      again.setCurrentKey(key);
      expect([value.value()?.length, read.value()?.length]).toEqual([length, length]);
    }
    again.close();
    backend.close();
  }, 60_000);

  it('gives memory and disk back, round after round, when everything is removed or expires', () => {
    const clock = new StillClock();
    const backend = kitBackend(log, { keyType: t.number, clock });
    const value = backend.keyedState('v', state.value(t.string));
    const brief = backend.keyedState('b', state.value(t.string, { ttl: { after: 100, domain: 'processing' } }));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held: number[] = [];
    const bytes = (): number => platform.files.readDirectory(directory).flatMap(({ name }) => platform.files.readDirectory(`${directory}/${name}`).map((file) => platform.files.stat(`${directory}/${name}/${file.name}`).size)).reduce((sum, size) => sum + size, 0);
    for (let round = 0; round < 10; round++) {
      // Other keys each time: nothing may be left of those before.
      for (let key = 0; key < 20_000; key++) {
        backend.setCurrentKey(round * 1_000_000 + key);
        value.update('v'.repeat(100));
        brief.update('b'.repeat(100));
      }
      takeSnapshot(backend, round + 1);
      backend.snapshotComplete(round + 1);
      for (let key = 0; key < 20_000; key++) {
        backend.setCurrentKey(round * 1_000_000 + key);
        value.clear();
      }
      clock.time += 200;
      while (backend.maintain(0) === 'more') clock.time += 1;
      expect(backend.size).toBe(0);
      // What nobody holds any more is not what this is about. Array buffers are given back beside the collection: the second one waits for that.
      collect();
      collect();
      const { arrayBuffers, heapUsed } = process.memoryUsage();
      if (round >= 3) held.push(arrayBuffers + heapUsed);
    }
    expect(Math.max(...held)).toBeLessThan(held[0]! + 4e6);
    expect(bytes()).toBeLessThan(10 * 8 * 1024 * 1024);
    backend.close();
    expect(platform.files.readDirectory(directory)).toEqual([]);
  }, 60_000);
});

import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import { StillClock } from '../../../testing/state-backend-model.js';
import type { StateBackend, StateBackendFactory } from '../../backend.js';
import { appendToChain } from '../../snapshot-chain.js';
import { state } from '../../state-builders.js';
import { heapStateBackendFactory } from '../heap/heap-state-backend.js';
import { logStateBackendFactory } from './log-state-backend.js';

const WORK = '/work';

function setUp(segmentBytes = 4096): { platform: SimulatedPlatform; factory: StateBackendFactory; backend: StateBackend; segments(): string[]; bytes(): number } {
  const platform = new SimulatedPlatform({ seed: 1 });
  const factory = logStateBackendFactory({ files: platform.files, random: platform.random, directory: WORK, segmentBytes });
  const backend = kitBackend(factory);
  const segments = (): string[] => platform.files.readDirectory(WORK).flatMap(({ name }) => platform.files.readDirectory(`${WORK}/${name}`).map((file) => `${WORK}/${name}/${file.name}`));
  return { platform, factory, backend, segments, bytes: () => segments().reduce((sum, path) => sum + platform.files.stat(path).size, 0) };
}

/** Fills `count` keys of a value state; returns what reads a key, and what sets the first keys anew. */
function fill(backend: StateBackend, count: number): { read(key: number): string | undefined; set(keys: number): void } {
  const value = backend.keyedState('v', state.value(t.string));
  const set = (keys: number): void => {
    for (let key = 0; key < keys; key++) {
      backend.setCurrentKey(key);
      value.update(`value ${key} ${'x'.repeat(40)}`);
    }
  };
  set(count);
  return {
    set,
    read: (key) => {
      backend.setCurrentKey(key);
      return value.value();
    },
  };
}

describe('the segment log of a state', () => {
  it('writes segments into a directory of its own, for its owner only, and removes it when it is closed', () => {
    const { backend, platform, segments } = setUp();
    fill(backend, 500);
    const [own] = platform.files.readDirectory(WORK);
    expect(platform.files.stat(`${WORK}/${own!.name}`).permissions).toBe(0o700);
    expect(segments().length).toBeGreaterThan(5);
    backend.close();
    expect(platform.files.readDirectory(WORK)).toEqual([]);
  });

  it('keeps several backends of one operator apart, and closing one leaves the others', () => {
    const { backend, factory, platform } = setUp();
    const { read } = fill(backend, 200);
    const other = kitBackend(factory);
    fill(other, 200);
    expect(platform.files.readDirectory(WORK).length).toBe(2);
    other.close();
    expect(platform.files.readDirectory(WORK).length).toBe(1);
    expect([read(7), read(199)]).toEqual([expect.stringContaining('value 7 '), expect.stringContaining('value 199 ')]);
  });

  it('names the file and operator when a segment was changed, and when it was cut', () => {
    const { backend, platform, segments } = setUp();
    const { read } = fill(backend, 2000);
    const path = segments()[0]!;
    const bytes = platform.files.readFile(path);
    for (let at = 30; at < bytes.length; at += 64) bytes[at]! ^= 4;
    const handle = platform.files.open(path, 'readWrite');
    handle.write(bytes, 0);
    expect(() => read(1)).toThrow(expect.objectContaining({ code: 'MR-1315', where: expect.objectContaining({ file: path, operator: 'kit' }) }));
    handle.truncate(10);
    expect(() => read(1)).toThrow(expect.objectContaining({ code: 'MR-1315', where: expect.objectContaining({ file: path }) }));
    expect(read(1999)).toContain('value 1999 ');
  });

  it('finds damage during compaction, too', () => {
    const { backend, platform, segments } = setUp();
    const { set } = fill(backend, 300);
    const path = segments()[0]!;
    const bytes = platform.files.readFile(path);
    bytes[bytes.length - 9]! ^= 4;
    platform.files.open(path, 'readWrite').write(bytes, 0);
    // The first thirty of some forty values in the segment move on, so that it is worth compacting.
    set(30);
    expect(() => {
      while (backend.maintain(1000) === 'more');
    }).toThrow(expect.objectContaining({ code: 'MR-1315', where: expect.objectContaining({ file: path }) }));
  });

  it('says by code when the disk is full, naming the file', () => {
    const { backend, platform } = setUp(300_000);
    platform.files.capacityBytes = 600_000;
    expect(() => fill(backend, 20_000)).toThrow(expect.objectContaining({ code: 'MR-2803', where: expect.objectContaining({ file: expect.stringContaining('.segment') }) }));
  });

  it('compacts in slices, keeps what counts, and gives the room of the rest back', () => {
    const { backend, segments, bytes } = setUp();
    const value = backend.keyedState('v', state.value(t.number));
    const map = backend.keyedState('m', state.map(t.number, t.string));
    const list = backend.keyedState('l', state.list(t.number));
    for (let round = 0; round < 6; round++) {
      for (let key = 0; key < 500; key++) {
        backend.setCurrentKey(key);
        value.update(round * 1000 + key);
        map.put(round % 2, `entry ${round}`);
        list.add(round);
      }
    }
    const before = bytes();
    while (backend.maintain(0) === 'more');
    expect(bytes()).toBeLessThan(before * 0.7);
    expect(segments().length).toBeGreaterThan(3);
    for (let key = 0; key < 500; key++) {
      backend.setCurrentKey(key);
      expect([value.value(), map.get(0), map.get(1), [...list.get()]]).toEqual([5000 + key, 'entry 4', 'entry 5', [0, 1, 2, 3, 4, 5]]);
    }
    for (let key = 0; key < 500; key++) {
      backend.setCurrentKey(key);
      value.clear();
      map.clear();
      list.clear();
    }
    while (backend.maintain(0) === 'more');
    expect([backend.size, segments().length]).toEqual([0, 0]);
  });

  it('does not grow without end when nobody has time for maintenance', () => {
    const { backend, bytes } = setUp();
    const value = backend.keyedState('v', state.value(t.string));
    for (let at = 0; at < 40_000; at++) {
      backend.setCurrentKey(at % 100);
      value.update(`${at} ${'x'.repeat(50)}`);
    }
    expect(bytes()).toBeLessThan(250_000);
  });

  it('removes tombstones once no delta can need them', () => {
    const { backend, segments } = setUp();
    const value = backend.keyedState('v', state.value(t.string));
    let chain = takeSnapshot(backend, 1);
    backend.snapshotComplete(1);
    for (let round = 2; round < 6; round++) {
      for (let key = 0; key < 300; key++) {
        backend.setCurrentKey(`${round} ${key}`);
        value.update('x'.repeat(60));
        backend.setCurrentKey(`${round - 1} ${key}`);
        value.clear();
      }
      chain = appendToChain(chain, takeSnapshot(backend, round));
      backend.snapshotComplete(round);
    }
    while (backend.maintain(1000) === 'more');
    expect(backend.size).toBe(300);
    // 300 live entries of about a hundred bytes.
    expect(segments().length).toBeLessThan(25);
    const restored = kitBackend(heapStateBackendFactory);
    restored.restore([chain]);
    restored.keyedState('v', state.value(t.string));
    expect(restored.size).toBe(300);
  });

  it('lists the entries of a map after tombstones among them are gone and their rows hold others', () => {
    const { backend } = setUp();
    const map = backend.keyedState('m', state.map(t.string, t.number));
    backend.setCurrentKey('k');
    for (let at = 0; at < 20; at++) map.put(`a${at}`, at);
    takeSnapshot(backend, 1);
    backend.snapshotComplete(1);
    for (let at = 5; at < 15; at++) map.remove(`a${at}`);
    for (const checkpoint of [2, 3]) {
      takeSnapshot(backend, checkpoint);
      backend.snapshotComplete(checkpoint);
    }
    while (backend.maintain(1000) === 'more');
    backend.setCurrentKey('other');
    for (let at = 0; at < 30; at++) map.put(`b${at}`, at);
    expect([map.size, [...map.keys()].length]).toEqual([30, 30]);
    backend.setCurrentKey('k');
    expect([...map.keys()].toSorted()).toEqual([0, 1, 2, 3, 4, 15, 16, 17, 18, 19].map((at) => `a${at}`).toSorted());
  });

  it('finds entries of a map with a hundred thousand of them one by one', () => {
    const { backend } = setUp(1 << 20);
    const map = backend.keyedState('m', state.map(t.number, t.number));
    backend.setCurrentKey('k');
    for (let at = 0; at < 100_000; at++) map.put(at, at);
    for (let at = 0; at < 100_000; at += 2) map.remove(at);
    expect([map.size, map.get(99_999), map.get(99_998), map.has(1)]).toEqual([50_000, 99_999, undefined, true]);
    let sum = 0;
    for (const [key, value] of map.entries()) sum += value - key + 1;
    expect(sum).toBe(50_000);
    map.clear();
    expect([map.size, backend.size]).toEqual([0, 0]);
  });

  it('R38 R39 counts time to live per value, element and entry, and cleans up in slices', () => {
    const { factory } = setUp();
    const clock = new StillClock();
    const backend = kitBackend(factory, { clock });
    const value = backend.keyedState('v', state.value(t.number, { ttl: 10 }));
    const kept = backend.keyedState('kept', state.value(t.number, { ttl: { after: 10, returnExpired: true } }));
    const read = backend.keyedState('read', state.value(t.number, { ttl: { after: 10, renewedBy: 'readAndWrite' } }));
    const list = backend.keyedState('l', state.list(t.number, { ttl: 10 }));
    const map = backend.keyedState('m', state.map(t.string, t.number, { ttl: 10 }));
    for (let key = 0; key < 200; key++) {
      backend.setCurrentKey(key);
      for (const each of [value, kept, read]) each.update(key);
      list.add(1);
      map.put('old', 1);
    }
    clock.time += 6;
    backend.setCurrentKey(7);
    list.add(2);
    map.put('new', 2);
    expect(read.value()).toBe(7);
    clock.time += 4;
    expect([value.value(), kept.value(), kept.value(), read.value(), [...list.get()], [...map.entries()]]).toEqual([undefined, 7, undefined, 7, [2], [['new', 2]]]);
    let slices = 1;
    while (backend.maintain(0) === 'more') slices++;
    expect(slices).toBeGreaterThan(3);
    expect(backend.size).toBe(3);
  });

  it('R37 finds composite keys whatever the order of their fields, and keys that only look alike', () => {
    const { backend } = setUp();
    const value = backend.keyedState('v', state.value(t.number));
    const keys: unknown[] = [1, 1n, '1', true, ['a', 1], ['a', '1'], { b: 1, a: 2 }, '\ud800', '__proto__', -0.5];
    keys.forEach((key, at) => {
      backend.setCurrentKey(key);
      value.update(at);
    });
    keys.forEach((key, at) => {
      backend.setCurrentKey(key);
      expect(value.value()).toBe(at);
    });
    backend.setCurrentKey({ a: 2, b: 1 });
    expect(value.value()).toBe(6);
    const map = backend.keyedState('m', state.map(t.struct({ a: t.number, b: t.number }), t.number));
    map.put({ a: 1, b: 2 }, 3);
    expect([map.get({ b: 2, a: 1 }), map.size]).toEqual([3, 1]);
  });

  it('fails at once for what cannot be encoded, and keeps what was there', () => {
    const { backend } = setUp();
    const value = backend.keyedState('v', state.value(t.number));
    const list = backend.keyedState('l', state.list(t.number));
    const map = backend.keyedState('m', state.map(t.string, t.number));
    backend.setCurrentKey('k');
    value.update(1);
    for (const bad of [() => value.update('one' as never), () => list.add('one' as never), () => map.put('a', 'one' as never), () => map.put(1 as never, 1)]) {
      expect(bad).toThrow(expect.objectContaining({ code: 'MR-1301', where: expect.objectContaining({ operator: 'kit', key: '"k"' }) }));
    }
    expect([value.value(), list.size, map.get(1 as never), map.has('a')]).toEqual([1, 0, undefined, false]);
  });
});

import { describe, expect, it } from 'vitest';
import { t, type } from '../../../record/types/t.js';
import type { TypeInfo } from '../../../record/types/type-info.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import type { StateBackend } from '../../backend.js';
import type { BlobInMemory, OperatorSnapshot } from '../../operator-snapshot.js';
import { state } from '../../state-builders.js';
import { heapStateBackendFactory as heap } from './heap-state-backend.js';

/** A snapshot of one value state "v" with one key "k". */
function snapshotOf<T>(valueType: TypeInfo<T>, value: T, version = 1): OperatorSnapshot {
  const backend = kitBackend(heap, { keyType: t.string });
  const handle = backend.keyedState('v', state.value(valueType, { version }));
  backend.setCurrentKey('k');
  handle.update(value);
  backend.advanceWatermark(4711);
  return takeSnapshot(backend, 1);
}

function restoredFrom(snapshot: OperatorSnapshot): StateBackend {
  const backend = kitBackend(heap, { keyType: t.string });
  backend.restore([snapshot]);
  return backend;
}

describe('restoring heap state', () => {
  it('R24 keeps the watermark with the snapshot, the lowest of several parts', () => {
    const snapshot = snapshotOf(t.number, 1);
    expect(snapshot.watermark).toBe(4711);
    expect(restoredFrom(snapshot).restoredWatermark).toBe(4711);
    const two = kitBackend(heap, { keyType: t.string });
    two.restore([snapshot, { ...snapshot, keyGroups: [], watermark: 5 }]);
    expect(two.restoredWatermark).toBe(4711);
    expect(kitBackend(heap).restoredWatermark).toBe(-Infinity);
  });

  it('R37 finds every kind of key again: 1, 1n, "1", true, tuples, objects, lone surrogates, __proto__', () => {
    const keys: unknown[] = [1, 1n, '1', true, -0.5, '', '\ud800', '\udc00', '__proto__', 'constructor', ['a', 1], ['a', '1'], { b: 1, a: 2 }, '\u0000s', 'long enough to be a slice of something'];
    const backend = kitBackend(heap);
    const value = backend.keyedState('v', state.value(t.number));
    keys.forEach((key, at) => {
      backend.setCurrentKey(key);
      value.update(at);
    });
    const restored = kitBackend(heap);
    restored.restore([takeSnapshot(backend, 1)]);
    const again = restored.keyedState('v', state.value(t.number));
    keys.forEach((key, at) => {
      restored.setCurrentKey(key);
      expect(again.value()).toBe(at);
      expect(restored.currentKey()).toEqual(key);
    });
    restored.setCurrentKey({ a: 2, b: 1 });
    expect(again.value()).toBe(12);
    expect(() => restored.setCurrentKey(null)).toThrow(expect.objectContaining({ code: 'MR-1102' }));
    expect(() => restored.setCurrentKey(NaN)).toThrow(expect.objectContaining({ code: 'MR-1103' }));
  });

  it('R44 takes over added optional and left-out fields, migrates by the declared function, refuses the rest by name', () => {
    const old = snapshotOf(t.struct({ id: t.string, gone: t.number }), { id: 'x', gone: 1 });
    const evolved = restoredFrom(old).keyedState('v', state.value(t.struct({ id: t.string, extra: t.optional(t.number) })));
    expect(evolved).toBeDefined();
    const backend = restoredFrom(old);
    const migrated = backend.keyedState('v', state.value(t.string, { version: 2, migrate: (value, from) => `${(value as { id: string }).id}/${from}` }));
    backend.setCurrentKey('k');
    expect(migrated.value()).toBe('x/1');
    expect(() => restoredFrom(old).keyedState('v', state.value(t.bigint))).toThrow(expect.objectContaining({ code: 'MR-1302', where: expect.objectContaining({ state: 'v', operator: 'kit' }) }));
    expect(() => restoredFrom(old).keyedState('v', state.list(t.string))).toThrow(expect.objectContaining({ code: 'MR-1303' }));
    expect(() => restoredFrom(old).keyedState('v', state.value(t.bigint, { version: 2, migrate: () => 'no bigint' }))).toThrow(expect.objectContaining({ code: 'MR-1314' }));
    const otherKeys = kitBackend(heap, { keyType: t.number });
    otherKeys.restore([old]);
    expect(() => otherKeys.keyedState('v', state.value(t.struct({ id: t.string, gone: t.number })))).toThrow(expect.objectContaining({ code: 'MR-1304' }));
  });

  it('R44 names states that the job no longer has, keeps them through snapshots, and drops them only when told', () => {
    const snapshot = snapshotOf(type<{ n: number[] }>(), { n: [1, 2] });
    const keeping = restoredFrom(snapshot);
    keeping.keyedState('other', state.value(t.number));
    expect(keeping.unclaimedStates()).toEqual(['v']);
    const again = restoredFrom(takeSnapshot(keeping, 2));
    const value = again.keyedState('v', state.value(type<{ n: number[] }>()));
    again.setCurrentKey('k');
    expect(value.value()).toEqual({ n: [1, 2] });
    const dropping = restoredFrom(snapshot);
    dropping.dropUnclaimedStates(['v']);
    expect(dropping.unclaimedStates()).toEqual([]);
    expect(takeSnapshot(dropping, 2).keyGroups).toEqual([]);
  });

  it('R48 keeps fields and keys named __proto__, constructor and toString', () => {
    const value: unknown = JSON.parse('{"__proto__":1,"constructor":2,"toString":3}');
    const backend = restoredFrom(snapshotOf(type<unknown>(), value));
    const again = backend.keyedState('v', state.value(type<unknown>()));
    const map = backend.keyedState('m', state.map(t.string, t.number));
    backend.setCurrentKey('k');
    expect(Object.entries(again.value() as object)).toEqual(Object.entries(value as object));
    map.put('__proto__', 1);
    expect([map.get('__proto__'), map.get('constructor')]).toEqual([1, undefined]);
  });

  it('knows a renamed state by its old name', () => {
    const backend = restoredFrom(snapshotOf(t.number, 5));
    const value = backend.keyedState('total', state.value(t.number, { renamedFrom: 'v' }));
    backend.setCurrentKey('k');
    expect(value.value()).toBe(5);
    expect(backend.unclaimedStates()).toEqual([]);
  });

  it('detects every truncation and every flipped bit, and names operator and key group', () => {
    const snapshot = snapshotOf(t.string, 'some text');
    const [blob] = snapshot.keyGroups as readonly BlobInMemory[];
    const restoreBytes = (bytes: Uint8Array): void => kitBackend(heap, { keyType: t.string }).restore([{ ...snapshot, keyGroups: [{ ...blob!, bytes }] }]);
    restoreBytes(blob!.bytes);
    for (let length = 0; length < blob!.bytes.length; length++) {
      expect(() => restoreBytes(blob!.bytes.slice(0, length))).toThrow(expect.objectContaining({ code: 'MR-1305', where: expect.objectContaining({ operator: 'kit' }) }));
    }
    for (let bit = 0; bit < blob!.bytes.length * 8; bit++) {
      const bytes = blob!.bytes.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => restoreBytes(bytes)).toThrow(new RegExp(`key group ${blob!.keyGroup}`));
    }
    expect(() => restoreBytes(new Uint8Array([...blob!.bytes, 0]))).toThrow(expect.objectContaining({ code: 'MR-1305' }));
  });

  it('R36 refuses another maximum parallelism by name, since every key would lie elsewhere', () => {
    const snapshot = snapshotOf(t.number, 1);
    const other = kitBackend(heap, { keyType: t.string, maxParallelism: 16 });
    expect(() => other.restore([snapshot])).toThrow(/MR-1307[^]*--max-parallelism 8/);
  });

  it('refuses parts that do not belong together', () => {
    const snapshot = snapshotOf(t.number, 1);
    const [blob] = snapshot.keyGroups;
    const restore = (changed: Partial<OperatorSnapshot>): (() => void) => () => kitBackend(heap, { keyType: t.string }).restore([{ ...snapshot, ...changed }]);
    const otherGroup = (blob!.keyGroup + 1) % 8;
    expect(restore({ keyGroups: [{ ...blob!, keyGroup: otherGroup }] })).toThrow(expect.objectContaining({ code: 'MR-1305' }));
    expect(restore({ operatorUid: 'another' })).toThrow(expect.objectContaining({ code: 'MR-1305' }));
    expect(restore({ keyGroups: [{ ...blob!, kind: 'delta' }] })).toThrow(expect.objectContaining({ code: 'MR-1305' }));
    expect(restore({ keyGroups: [blob!, blob!] })).toThrow(expect.objectContaining({ code: 'MR-1308' }));
  });
});

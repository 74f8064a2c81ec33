import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { t, type } from '../../../record/types/t.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import type { StateBackend } from '../../backend.js';
import type { MapState } from '../../handles.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { appendToChain } from '../../snapshot-chain.js';
import { state } from '../../state-builders.js';
import { Epochs } from './epochs.js';
import { heapStateBackendFactory } from './heap-state-backend.js';
import { MapCell } from './map-cell.js';
import type { MapForm } from './map-form.js';
import { NumberPages } from './number-pages.js';
import { otherForm } from './packing.js';

const KEY_GROUPS = 4;

/** A few maps of numbers, and what they should be. */
class Rig {
  readonly model: Map<number, Map<number, number>> = new Map();
  backend: StateBackend;
  maps: MapState<number, number>;
  #random: number;

  constructor(seed: number) {
    this.#random = seed;
    this.backend = makeBackend();
    this.maps = declared(this.backend);
  }

  roll(sides: number): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) | 0;
    return (this.#random >>> 8) % sides;
  }

  put(key: number, entry: number, value: number): void {
    this.backend.setCurrentKey(key);
    this.maps.put(entry, value);
    const map = this.model.get(key) ?? new Map<number, number>();
    this.model.set(key, map.set(entry, value));
  }

  remove(key: number, entry: number): void {
    this.backend.setCurrentKey(key);
    this.maps.remove(entry);
    this.model.get(key)?.delete(entry);
    if (this.model.get(key)?.size === 0) this.model.delete(key);
  }

  clear(key: number): void {
    this.backend.setCurrentKey(key);
    this.maps.clear();
    this.model.delete(key);
  }

  /** Changes something somewhere: mostly additions, in maps that are small for small keys and large for large ones. */
  change(keys: number): void {
    const key = this.roll(keys);
    const entry = this.roll(4 ** (key % 7 + 1)) * 100_003 * 100_003 - 7;
    const kind = this.roll(200);
    if (kind === 0) this.clear(key);
    else if (kind < 40) this.remove(key, entry);
    else this.put(key, entry, this.roll(1000) / 4);
  }

  held(): Map<number, Map<number, number>> {
    return heldIn(this.backend, this.maps);
  }
}

function makeBackend(): StateBackend {
  return kitBackend(heapStateBackendFactory, { keyGroups: { first: 0, last: KEY_GROUPS - 1 }, maxParallelism: KEY_GROUPS, keyType: t.number });
}

function declared(backend: StateBackend): MapState<number, number> {
  return backend.keyedState('maps', state.map(t.number, t.number));
}

function heldIn(backend: StateBackend, maps: MapState<number, number>): Map<number, Map<number, number>> {
  const held = new Map<number, Map<number, number>>();
  backend.forEachKey('maps', (key) => {
    held.set(key as number, new Map(maps.entries()));
    expect(held.get(key as number)!.size).toBe(maps.size);
  });
  return held;
}

/** The map with an entry more, in the form that it has then. */
function restoredInto(map: MapForm<number>, entry: number, pages: NumberPages | null, expected: number): MapForm<number> {
  const form = pages === null || map.takes(entry, entry, expected) ? map : otherForm(map, pages, expected);
  form.restore(entry, entry, pages, expected);
  return form;
}

function copyOf(model: Map<number, Map<number, number>>): Map<number, Map<number, number>> {
  return new Map([...model].map(([key, map]) => [key, new Map(map)]));
}

function restored(chain: OperatorSnapshot): Map<number, Map<number, number>> {
  const backend = makeBackend();
  backend.restore([chain]);
  return heldIn(backend, declared(backend));
}

describe('maps of numbers by numbers', () => {
  it('R36 are in a snapshot what they were when it began, whatever happens to them meanwhile, and in deltas with nothing missing', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const rig = new Rig(seed);
      let chain: OperatorSnapshot | undefined;
      for (let checkpoint = 1; checkpoint <= 8; checkpoint++) {
        for (let step = 0; step < 4_000; step++) rig.change(14);
        const before = copyOf(rig.model);
        const run = rig.backend.beginSnapshot(checkpoint);
        for (let step = 0; run.advance(0) === 'more'; step++) for (let change = 0; change < 25; change++) rig.change(14);
        const taken = run.result();
        // Some are given up, and the next one builds on an older one.
        if (rig.roll(4) === 0) continue;
        rig.backend.snapshotComplete(checkpoint);
        chain = chain === undefined || taken.basedOn === undefined ? taken : appendToChain(chain, taken);
        expect(restored(chain)).toEqual(before);
      }
      expect(rig.held()).toEqual(rig.model);
    }
  });

  it('R36 a delta tells of every removal from a map that is written in one step, however many there are', () => {
    for (const left of [3, 20]) {
      const rig = new Rig(1);
      for (let i = 0; i < 500; i++) rig.put(1, i, i);
      const base = takeSnapshot(rig.backend, 1);
      rig.backend.snapshotComplete(1);
      for (let i = left; i < 500; i++) rig.remove(1, i);
      const delta = takeSnapshot(rig.backend, 2);
      expect(delta.basedOn).toBe(1);
      expect(restored(appendToChain(base, delta))).toEqual(rig.model);
    }
  });

  it('give their entries in the order in which they came, however large, before and after a restore', () => {
    const rig = new Rig(1);
    for (const count of [1, 8, 9, 12, 13, 700, 6_144, 6_145, 20_000]) for (let i = 0; i < count; i++) rig.put(count, (i * 7919) % 99_991 - 50_000, i);
    const run = rig.backend.beginSnapshot(1);
    while (run.advance(100) === 'more');
    const backend = makeBackend();
    backend.restore([run.result()]);
    const maps = declared(backend);
    for (const [count, map] of rig.model) {
      rig.backend.setCurrentKey(count);
      expect([...rig.maps.entries()]).toEqual([...map]);
      backend.setCurrentKey(count);
      expect([...maps.keys()]).toEqual([...map.keys()]);
    }
  });

  it('may change while somebody iterates over them: what is removed does not come any more, and the rest comes once', () => {
    for (const count of [5, 12, 500]) {
      const rig = new Rig(1);
      for (let i = 0; i < count; i++) rig.put(1, i, i);
      rig.backend.setCurrentKey(1);
      const seen: number[] = [];
      for (const [key] of rig.maps.entries()) {
        seen.push(key);
        if (key % 2 === 0) rig.maps.remove(key + 1);
        if (key % 3 === 0) rig.maps.remove(key);
        rig.maps.put(10_000 + key, key);
      }
      expect(seen.filter((key) => key < 10_000)).toEqual(Array.from({ length: Math.ceil(count / 2) }, (_, i) => i * 2));
      for (const _ of rig.maps.entries()) rig.maps.clear();
      expect(rig.maps.isEmpty()).toBe(true);
    }
  });

  it('may become maps of other things while somebody iterates over them', () => {
    const rig = new Rig(1);
    rig.backend.setCurrentKey(1);
    const any = rig.backend.keyedState('any', state.map(type<unknown>(), type<unknown>()));
    for (let i = 0; i < 20; i++) any.put(i, i);
    const seen: unknown[] = [];
    for (const [key, value] of any.entries()) {
      seen.push(value);
      any.put((key as number) + 1, `after ${String(key)}`);
      if (seen.length === 20) any.remove(20);
    }
    expect(seen).toEqual([0, ...Array.from({ length: 19 }, (_, i) => `after ${i}`)]);
  });

  it('R36 may grow out of their page while a snapshot writes what was removed from them', () => {
    const rig = new Rig(1);
    // Keys in all key groups: one of these may be written anew.
    const keys = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const key of keys) for (let i = 0; i < 6_000; i++) rig.put(key, i, i);
    const first = takeSnapshot(rig.backend, 1);
    rig.backend.snapshotComplete(1);
    for (const key of keys) {
      for (let i = 0; i < 300; i++) rig.remove(key, i);
      rig.put(key, 5_000, -1);
    }
    const before = copyOf(rig.model);
    const run = rig.backend.beginSnapshot(2);
    for (let step = 0; run.advance(0) === 'more'; step++) {
      const key = keys[(step >> 1) % keys.length]!;
      // Some of them grow out of their page while their removed keys are written, others before and after that.
      if (step < 40 && step % 4 === 1) for (let i = 10_000; i < 11_000; i++) rig.put(key, i, i);
      if (step % 3 === 0) rig.put(key, 5_002, -1);
    }
    expect(run.result().basedOn).toBeDefined();
    expect(restored(appendToChain(first, run.result()))).toEqual(before);
  });

  it('keep every number, and take what is none', () => {
    const rig = new Rig(1);
    const numbers = [0, -0, NaN, Infinity, -Infinity, 2 ** 53, 5e-324, 1.5, 2 ** 31, -(2 ** 31)];
    rig.backend.setCurrentKey(1);
    numbers.forEach((value, key) => rig.maps.put(key, value));
    expect([...rig.maps.values()]).toEqual(numbers);
    rig.maps.put(0, -0);
    expect(rig.maps.get(0)).toBe(-0);
    const any = rig.backend.keyedState('any', state.map(type<unknown>(), type<unknown>()));
    for (const odd of ['text', 1n, [1, 2]]) {
      any.clear();
      for (let i = 0; i < 20; i++) any.put(i, i);
      expect(any.get(odd)).toBeUndefined();
      any.put(odd, 5);
      any.put(7, odd);
      any.put(8, odd);
      expect([any.get(odd), any.get(7), any.get(8), any.get(19), any.size]).toEqual([5, odd, odd, 19, 21]);
    }
  });

  it('give the memory of maps that are gone to others, but not while a snapshot reads it', () => {
    const rig = new Rig(1);
    for (let key = 0; key < 50; key++) for (let i = 0; i < 100; i++) rig.put(key, i, key);
    const before = copyOf(rig.model);
    const run = rig.backend.beginSnapshot(1);
    for (let key = 0; key < 50; key++) rig.clear(key);
    for (let key = 100; key < 150; key++) for (let i = 0; i < 100; i++) rig.put(key, i, key);
    while (run.advance(0) === 'more');
    expect(restored(run.result())).toEqual(before);
    for (let key = 200; key < 250; key++) for (let i = 0; i < 100; i++) rig.put(key, i, key);
    expect(rig.held()).toEqual(rig.model);
  });
});

describe('a map in a page', () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 400 }), fc.oneof({ weight: 400, arbitrary: fc.double() as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: fc.constant('text') }));

  it('holds what a Map would hold, through growth, renumbering and what is no number, and knows what was changed since', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 2_000, size: 'max' }), (steps) => {
        const epochs = new Epochs(true);
        const pages = new NumberPages(epochs);
        let cell: MapForm<unknown> = new MapCell<unknown>();
        const model = new Map<number, unknown>();
        const changed = new Set<number>();
        steps.forEach(([kind, id, value], at) => {
          if (at % 300 === 299) {
            epochs.begin(at);
            changed.clear();
          }
          const key = id * 2 ** 33 - 5;
          const slot = cell.find(key);
          if (kind < 3) {
            if (slot >= 0) cell.remove(slot, epochs);
            model.delete(key);
            changed.delete(key);
            return;
          }
          if (slot >= 0) {
            cell.markDirty(slot, epochs);
            if (!cell.holds(value)) cell = otherForm(cell, pages, 0);
            cell.setValue(cell.find(key), value);
          } else {
            if (!cell.takes(key, value, 0)) cell = otherForm(cell, pages, 0);
            cell.add(key, value, epochs, pages);
          }
          model.set(key, value);
          changed.add(key);
        });
        expect(cell.size).toBe(model.size);
        for (const [key, value] of model) expect(cell.valueAt(cell.find(key))).toBe(value);
        for (const slot of cell.slots()) expect(cell.changedSince(slot, epochs.version)).toBe(changed.has(cell.keyAt(slot) as number));
        expect(new Map(cell.slots().map((slot) => [cell.keyAt(slot), cell.valueAt(slot)]))).toEqual(model);
      }),
      { numRuns: 150 },
    );
  });

  it('lists what is touched once it is large, and until then says that only stamps tell', () => {
    for (const pages of [null, new NumberPages(new Epochs(true))]) {
      const epochs = new Epochs(true);
      let cell: MapForm<number> = new MapCell<number>();
      for (let i = 0; i < 6_000; i++) cell = restoredInto(cell, i, pages, 0);
      const first = epochs.begin(1);
      for (let i = 6_000; i < 6_200; i++) {
        if (pages !== null && !cell.takes(i, i, 0)) cell = otherForm(cell, pages, 0);
        cell.add(i, i, epochs, pages);
      }
      const second = epochs.begin(2);
      if (pages !== null) expect(cell.changes(first, second)).toBeNull();
      cell.markDirty(cell.find(17), epochs);
      const third = epochs.begin(3);
      expect(cell.changes(second, third)!.flatMap(({ slots }) => slots)).toEqual([cell.find(17)]);
      expect(cell.slots().filter((slot) => cell.changedSince(slot, first)).length).toBe(201);
    }
  });

  it('gets room at once for what a restore says will come, unless that is more than a page part holds', () => {
    const pages = new NumberPages(new Epochs(true));
    for (const [expected, taken] of [[9, 48], [12, 48], [13, 96], [6_144, 24_576], [6_145, 0], [2 ** 50, 0]] as const) {
      let cell: MapForm<number> = new MapCell<number>();
      for (let i = 0; i < 9; i++) cell = restoredInto(cell, i, pages, expected);
      expect(pages.taken).toBe(taken);
      expect(cell.slots().map((slot) => cell.keyAt(slot))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      cell.retire(pages);
    }
  });

  it('gives its part back when the snapshot that read it is done, and not only when another map wants one', () => {
    const epochs = new Epochs(true);
    const pages = new NumberPages(epochs);
    let cell: MapForm<number> = new MapCell<number>();
    for (let i = 0; i < 200; i++) cell = restoredInto(cell, i, pages, 0);
    epochs.run = { since: 0 } as never;
    cell.retire(pages);
    pages.releaseRetired();
    expect(pages.taken).toBeGreaterThan(0);
    epochs.run = null;
    pages.releaseRetired();
    expect(pages.taken).toBe(0);
  });

  it('gives its part back', () => {
    const epochs = new Epochs(true);
    const pages = new NumberPages(epochs);
    let cells: MapForm<number>[] = [];
    const fill = (): void => {
      cells = Array.from({ length: 300 }, () => {
        let cell: MapForm<number> = new MapCell<number>();
        for (let i = 0; i < 200; i++) cell = restoredInto(cell, i, pages, 0);
        return cell;
      });
    };
    fill();
    const most = pages.length;
    for (let round = 0; round < 3; round++) {
      for (const cell of cells) cell.retire(pages);
      expect(pages.taken).toBe(0);
      expect(pages.length).toBeLessThan(most / 2);
      fill();
      expect(pages.length).toBeLessThanOrEqual(most * 1.1);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyGroupOf } from '../../../record/key-hash.js';
import { KeyDirectory } from './key-slots.js';
import { KeyTable } from './key-table.js';

/** A table beside a `Map` that says what is right. */
class Checked {
  readonly table: KeyTable = new KeyTable();
  readonly model: Map<string, number> = new Map();
  readonly #hashOf: (key: string) => number;
  #place = 0;

  constructor(hashOf: (key: string) => number) {
    this.#hashOf = hashOf;
  }

  add(key: string): void {
    const place = this.#place++;
    this.table.add(key, this.#hashOf(key), place);
    this.model.set(key, place);
  }

  delete(key: string): void {
    this.table.delete(key, this.#hashOf(key));
    this.model.delete(key);
  }

  /** That each key of the model, and none else of these, is there. */
  check(keys: Iterable<string> = this.model.keys()): void {
    for (const key of keys) if (this.table.get(key, this.#hashOf(key)) !== (this.model.get(key) ?? -1)) expect.unreachable(`${key} of ${this.model.size} keys is at ${this.model.get(key)}`);
  }
}

/** Hashes as they come: all over the table, all at its end, where searches go on at its beginning, in a few places, in one. */
const HASHES: Record<string, (id: number) => number> = {
  spread: (id) => Math.imul(id, 0x9e3779b1),
  last: (id) => 0x00ffffff - (id & 3) | (id << 24),
  clustered: (id) => Math.imul(id % 7, 0x2492492),
  same: () => -1,
};

describe('a table of keys', () => {
  it('equals a Map whatever is added and removed, wherever the hashes lead', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(60)), { maxLength: 300 });
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(HASHES)), steps, (hashOf, all) => {
        const checked = new Checked((key) => hashOf(Number(key)) | 0);
        for (const [adds, id] of all) {
          const key = String(id);
          if (!adds) checked.delete(key);
          else if (!checked.model.has(key)) checked.add(key);
        }
        checked.check(Array.from({ length: 61 }, (_, id) => String(id)));
      }),
      { numRuns: 500 },
    );
  });

  it.each(Object.keys(HASHES))('finds all keys behind each step of growing and of becoming smaller, with hashes that are %s', (name) => {
    const most = name === 'spread' ? 6_000 : 700;
    const checked = new Checked((key) => HASHES[name]!(Number(key)) | 0);
    const around = (id: number): string[] => [...checked.model.keys(), String(id + 1), String(-id - 1)];
    for (let id = 0, capacity = 0; id < most; id++) {
      checked.add(String(id));
      if (checked.table.capacity !== capacity) checked.check(around(id));
      capacity = checked.table.capacity;
    }
    checked.check();
    const full = checked.table.capacity;
    for (let id = 0, capacity = full; id < most; id++) {
      // From both ends, so that what is left lies anywhere.
      checked.delete(String(id % 2 === 0 ? id >> 1 : most - 1 - (id >> 1)));
      if (checked.table.capacity !== capacity) checked.check(Array.from({ length: most }, (_, other) => String(other)));
      capacity = checked.table.capacity;
    }
    expect([checked.model.size, checked.table.capacity <= 15]).toEqual([0, true]);
    for (let id = 0; id < most; id++) checked.add(String(-id));
    checked.check();
    expect(checked.table.capacity).toBe(full);
  });

  it('has less than two cells for each key, however many there are, and becomes smaller when they go', () => {
    const checked = new Checked((key) => HASHES['spread']!(Number(key)) | 0);
    const sizes = new Set<number>();
    for (let id = 0; id < 50_000; id++) {
      checked.add(String(id));
      sizes.add(checked.table.capacity);
      if (id > 16 && checked.table.capacity > 2 * (id + 1)) expect.unreachable(`${id + 1} keys have ${checked.table.capacity} cells`);
    }
    // Two steps for each doubling.
    expect(sizes.size).toBeGreaterThan(20);
    for (let id = 0; id < 50_000; id++) {
      checked.delete(String(id));
      const left = 49_999 - id;
      if (left > 16 && checked.table.capacity > 8 * left) expect.unreachable(`${left} keys are left in ${checked.table.capacity} cells`);
    }
    expect(checked.table.capacity).toBeLessThan(16);
  });
});

describe('keys of all kinds in the slots of key groups', () => {
  it.each([1, 3, 128])('R37 are found while they come and go and others take their slots, over %i key groups', (groups) => {
    const directory = new KeyDirectory({ first: 0, last: groups - 1 });
    const keyOf = (id: number): unknown => [`user-${id}`, `\u0000${id}`, `s${id}`, [`a ${id}`, id], BigInt(id), id, [id, -id]][id % 7];
    const places = new Map<number, number>();
    let random = 3;
    for (let step = 0; step < 120_000; step++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      const id = (random >>> 8) % 60_000;
      const key = keyOf(id);
      const place = places.get(id);
      if (directory.places.find(key) !== (place ?? -1)) expect.unreachable(`the key ${id} is at ${place} after ${step} steps`);
      if (place === undefined) {
        const taken = directory.take(key, keyGroupOf(key, groups));
        directory.group(directory.keyGroupOf(taken)).use(directory.slotOf(taken));
        places.set(id, taken);
      } else if (random % 5 < 2) {
        directory.group(directory.keyGroupOf(place)).release(directory.slotOf(place));
        places.delete(id);
      }
    }
    for (let id = 0; id < 60_000; id++) if (directory.places.find(keyOf(id)) !== (places.get(id) ?? -1)) expect.unreachable(`the key ${id} is at ${places.get(id)}`);
  });
});

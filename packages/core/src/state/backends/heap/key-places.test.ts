import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyIsMissing, KeyIsNaN } from '../../../record/errors.js';
import { mapKey } from '../../../record/map-key.js';
import { Epochs } from './epochs.js';
import { KeyPlaces } from './key-places.js';
import { MapCell } from './map-cell.js';

const number = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true }), fc.constantFrom(0, -0, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 0.5, Infinity));
const key: fc.Arbitrary<unknown> = fc.oneof(
  number,
  fc.constantFrom('', 'a', '1', '\u0000', '\u0000s', 'a text that is longer than others'),
  fc.constantFrom(1n, -1n, 2n ** 64n, true, false),
  fc.tuple(number, number),
  fc.record({ a: number }),
);
const steps = fc.array(fc.tuple(fc.boolean(), key), { maxLength: 120 });

describe('places by key', () => {
  it('R37 are found as in a Map by canonical keys, whatever was added and removed', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const places = new KeyPlaces();
        const model = new Map<unknown, number>();
        all.forEach(([adds, each], place) => {
          const mapped = mapKey(each);
          expect(places.find(each)).toBe(model.get(mapped) ?? -1);
          if (!adds) {
            places.delete(each);
            model.delete(mapped);
          } else if (!model.has(mapped)) {
            places.add(each, place);
            model.set(mapped, place);
          }
        });
        for (const [, each] of all) expect(places.find(each)).toBe(model.get(mapKey(each)) ?? -1);
      }),
      { numRuns: 1_000 },
    );
  });

  it('find what a Map would find while pairs and large numbers come and go', () => {
    const places = new KeyPlaces();
    const model = new Map<number, number>();
    const keyOf = (id: number): unknown => (id % 2 === 0 ? id * 100_000 + 19_675 + 2 ** 33 : [id % 100, id]);
    let random = 1;
    for (let step = 0; step < 60_000; step++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0;
      const id = (random >>> 8) % 30_000;
      if (model.has(id) && (random & 1) === 0) {
        places.delete(keyOf(id));
        model.delete(id);
      } else if (!model.has(id)) {
        places.add(keyOf(id), step);
        model.set(id, step);
      }
      const other = (random >>> 4) % 30_000;
      if (places.find(keyOf(other)) !== (model.get(other) ?? -1)) expect.fail(`${other} after ${step} steps`);
    }
    for (let id = 0; id < 30_000; id++) expect(places.find(keyOf(id))).toBe(model.get(id) ?? -1);
  });

  it('keep all pairs and large numbers when they grow beyond one table', () => {
    const places = new KeyPlaces();
    const keys = Array.from({ length: 150_000 }, (_, i) => (i % 2 === 0 ? i * 100_000 + 19_675 + 2 ** 33 : [i % 1000, i]));
    keys.forEach((each, place) => places.add(each, place));
    for (let i = 0; i < keys.length; i += 3) places.delete(keys[i]);
    expect(keys.every((each, place) => places.find(each) === (place % 3 === 0 ? -1 : place))).toBe(true);
    expect(places.find([7, 7.5])).toBe(-1);
  });

  it('refuse what cannot be a key', () => {
    for (const place of [new KeyPlaces(), new MapCell()]) {
      expect(() => place.find(NaN)).toThrow(expect.objectContaining({ code: KeyIsNaN.code }));
      expect(() => place.find(undefined)).toThrow(expect.objectContaining({ code: KeyIsMissing.code }));
      expect(() => place.find(null)).toThrow(expect.objectContaining({ code: KeyIsMissing.code }));
    }
  });
});

describe('the map of a key', () => {
  it('R37 holds what a Map by canonical keys would hold', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const cell = new MapCell<number>();
        const epochs = new Epochs(true);
        const model = new Map<unknown, number>();
        all.forEach(([adds, each], value) => {
          const mapped = mapKey(each);
          const slot = cell.find(each);
          expect(slot < 0 ? undefined : cell.valueAt(slot)).toBe(model.get(mapped));
          if (!adds && slot >= 0) cell.remove(slot, epochs);
          else if (adds && slot >= 0) cell.setValue(slot, value);
          else if (adds) cell.add(each, value, epochs, null);
          if (adds) model.set(mapped, value);
          else model.delete(mapped);
          expect(cell.size).toBe(model.size);
        });
        const held = new Map<unknown, number>();
        for (let slot = 0; slot < cell.slotLimit; slot++) if (cell.keyAt(slot) !== undefined) held.set(mapKey(cell.keyAt(slot)), cell.valueAt(slot));
        expect(held).toEqual(model);
      }),
      { numRuns: 1_000 },
    );
  });

  it('holds many entries over many chunks, and takes the places of those removed again', () => {
    const cell = new MapCell<number>();
    const epochs = new Epochs(true);
    for (let i = 0; i < 20_000; i++) cell.add(i * 7, i, epochs, null);
    for (let i = 0; i < 20_000; i += 2) cell.remove(cell.find(i * 7), epochs);
    for (let i = 0; i < 20_000; i += 2) cell.add(i * 7, -i, epochs, null);
    expect(cell.slotLimit).toBe(20_000);
    for (let i = 0; i < 20_000; i++) expect(cell.valueAt(cell.find(i * 7))).toBe(i % 2 === 0 ? -i : i);
  });
});

import { describe, expect, it } from 'vitest';
import { RunningTotals } from './running-totals.js';
import { NONE } from './totals-block.js';

const ROWS = 4;

function totalsOf(keys: number): RunningTotals {
  const totals = new RunningTotals(ROWS, () => Infinity);
  for (let key = 0; key < keys; key++) totals.placeOf(`k${key}`);
  return totals;
}

function remove(totals: RunningTotals, key: number): void {
  const place = totals.placeOf(`k${key}`);
  totals.giveUp(place >> totals.shift, Array.from({ length: ROWS }, (_, row) => (row === (place & totals.mask) ? NONE : 1)));
}

describe('places of running totals', () => {
  it('takes the places of keys that have gone again, those of the first blocks first', () => {
    const totals = totalsOf(20);
    for (const key of [2, 9, 17]) remove(totals, key);
    expect(totals.size).toBe(17);
    expect(['a', 'b', 'c', 'd'].map((key) => totals.placeOf(key))).toEqual([2, 9, 17, 20]);
    expect([2, 9, 17, 20].map((place) => totals.blocks[place >> totals.shift]!.keys[place & totals.mask])).toEqual(['a', 'b', 'c', 'd']);
    expect(totals.placeOf('k3')).toBe(3);
  });

  it('keeps no blocks of a peak', () => {
    const totals = totalsOf(1000);
    expect(totals.blocks).toHaveLength(250);
    for (let key = 5; key < 1000; key++) remove(totals, key);
    totals.trim();
    expect(totals.blocks).toHaveLength(2);
    for (let key = 0; key < 5; key++) remove(totals, key);
    totals.trim();
    expect([totals.size, totals.blocks.length, totals.placeOf('again')]).toEqual([0, 0, 0]);
  });

  it('gives up all keys at once, and begins anew', () => {
    const totals = totalsOf(1000);
    totals.clear();
    expect([totals.size, totals.blocks.length]).toEqual([0, 0]);
    expect(['k7', 'k3'].map((key) => totals.placeOf(key))).toEqual([0, 1]);
    expect([totals.size, totals.blocks.length]).toEqual([2, 1]);
  });
});

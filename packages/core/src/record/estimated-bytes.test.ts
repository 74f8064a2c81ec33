import { expect, it } from 'vitest';
import { estimatedBytes } from './estimated-bytes.js';

/** A row with a list of rows, and so on to a depth. */
function rowOf(rows: number, depth: number): object {
  return { id: 1, name: 'row', rows: depth === 0 ? 0 : Array.from({ length: rows }, () => rowOf(rows, depth - 1)) };
}

it.each<[string, number, () => unknown]>([
  ['a text', 2 * 100_000, () => 'x'.repeat(100_000)],
  ['a list of texts', 2 * 100_000, () => Array.from({ length: 100 }, () => 'x'.repeat(1000))],
  ['a long list of numbers', 8 * 100_000, () => Array.from({ length: 100_000 }, (_, at) => at)],
  ['a long list of lists', 8 * 100_000, () => Array.from({ length: 1000 }, () => new Array(100).fill(1))],
  ['bytes', 50_000, () => new Uint8Array(50_000)],
  ['a map', 40 * 10_000, () => new Map(Array.from({ length: 10_000 }, (_, at) => [at, at]))],
  ['a set of texts', 10_000 * 240, () => new Set(Array.from({ length: 10_000 }, (_, at) => `${at}`.padStart(100)))],
  ['an object with many fields', 16 * 1000, () => Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`f${at}`, at]))],
  ['lists in lists in lists', 64 * 64 * 64 * 224, () => Array.from({ length: 64 }, () => Array.from({ length: 64 }, () => Array.from({ length: 64 }, () => ['x'.repeat(100)])))],
  ['rows in lists in a map', 200 * 100 * 240, () => new Map(Array.from({ length: 200 }, (_, at) => [at, Array.from({ length: 100 }, () => ({ id: 1, n: 1, at: { text: 'x'.repeat(100) } }))]))],
  ['a row with a list of such rows', 50 ** 3 * 70, () => rowOf(50, 3)],
  ['a large bigint', 12_500, () => 2n ** 100_000n],
])('estimates the memory of %s within a factor of two', (_, bytes, make) => {
  const estimate = estimatedBytes(make());
  expect(estimate).toBeGreaterThan(bytes / 2);
  expect(estimate).toBeLessThan(bytes * 2);
});

it('gives small values a small weight, and comes to an end with one that contains itself', () => {
  expect([estimatedBytes(1), estimatedBytes(undefined), estimatedBytes({ n: 1, m: null })].every((bytes) => bytes > 0 && bytes < 100)).toBe(true);
  const round: unknown[] = [];
  round.push(round, round, { round });
  expect(estimatedBytes(round)).toBeGreaterThan(0);
});

it('gives no value an endless weight', () => {
  const lists: unknown[] = [];
  for (let at = 0; at < 1000; at++) lists.push(lists);
  expect(estimatedBytes({ lists })).toBeLessThan(Number.MAX_SAFE_INTEGER);
});

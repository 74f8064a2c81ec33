import { expect, it } from 'vitest';
import { didYouMean, editDistance, suggest } from './suggest.js';

it('suggests the closest name, and none that is far', () => {
  const names = ['parallelism', 'checkpoint.dir', 'strict', 'check'];
  expect(suggest('paralelism', names)).toBe('parallelism');
  expect(suggest('Strict', names)).toBe('strict');
  expect(suggest('chekc', names)).toBe('check');
  expect(suggest('zebra', names)).toBeUndefined();
  expect(didYouMean('stric', names)).toBe(' Did you mean "strict"?');
  expect(didYouMean('zebra', names)).toBe('');
});

it('counts insertions, removals, replacements and swaps', () => {
  expect([editDistance('', 'abc'), editDistance('abc', 'abc'), editDistance('abc', 'acb'), editDistance('kitten', 'sitting')]).toEqual([3, 0, 1, 3]);
  expect(editDistance('a'.repeat(100), 'b')).toBe(100);
});

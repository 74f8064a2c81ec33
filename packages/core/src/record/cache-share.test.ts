import { expect, it } from 'vitest';
import { CacheShare, FEWEST_TOGETHER } from './cache-share.js';

const small = { id: 1, price: 2, at: 3 };
const large = { id: 1, url: 'x'.repeat(50), note: 'y'.repeat(100) };
const huge = { id: 1, note: 'z'.repeat(100_000) };

it('lets small records go together as they are, and large ones in smaller batches, but no fewer than it pays', () => {
  const share = new CacheShare();
  const look = (record: unknown): number => (share.look(new Array(4096).fill(record), 4096), share.records);
  expect(look(small)).toBeGreaterThan(4096);
  const some = look(large);
  expect(some).toBeLessThan(2048);
  expect(some).toBeGreaterThan(FEWEST_TOGETHER);
  expect(look(huge)).toBe(FEWEST_TOGETHER);
  for (let batch = 0; batch < 100; batch++) look(small);
  expect(share.records).toBeGreaterThan(4096);
  share.look(new Array(FEWEST_TOGETHER / 2).fill(huge), FEWEST_TOGETHER / 2);
  expect(share.records).toBeGreaterThan(4096);
});

it.each<[string, () => unknown]>([
  ['is a giant', () => ({ text: 'z'.repeat(1 << 28) })],
  ['contains itself', () => containsItself()],
])('does not remember for long that a record %s', (_, record) => {
  const share = new CacheShare();
  share.look(new Array(600).fill(record()), 600);
  expect(share.records).toBe(FEWEST_TOGETHER);
  for (let batch = 0; batch < 45; batch++) share.look(new Array(600).fill(small), 600);
  expect(share.records).toBeGreaterThan(4096);
});

it('does not look at giants in each batch, which may take long', () => {
  const share = new CacheShare();
  let looks = 0;
  const giant = {
    get text(): string {
      looks++;
      return 'z'.repeat(100_000);
    },
  };
  for (let batch = 0; batch < 160; batch++) share.look(new Array(600).fill(giant), 600);
  expect(looks).toBe(30);
  expect(share.records).toBe(FEWEST_TOGETHER);
});

it('takes no harm of a record that cannot be looked at', () => {
  const share = new CacheShare();
  const unreadable = {
    get text(): string {
      throw new Error('not to be read');
    },
  };
  share.look(new Array(600).fill(unreadable), 600);
  expect(share.records).toBeGreaterThan(4096);
});

function containsItself(): unknown {
  const list: unknown[] = [];
  for (let at = 0; at < 1000; at++) list.push(list);
  return { list };
}

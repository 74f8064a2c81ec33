import { expect, it } from 'vitest';
import { InFlightLimit, MAX_BATCHES_IN_FLIGHT, SMALLEST_BATCH } from './in-flight-limit.js';

/** Lets a receiver of such a speed work for so long on records of so many bytes; gives the most records that were ever under way. */
function run(limit: InFlightLimit, recordsPerMs: number, from: number, to: number, bytes: number = 100): number {
  const queue: number[] = [];
  let most = 0;
  let now = from;
  while (now < to) {
    while (limit.hasCredit) {
      queue.push(limit.batchSize);
      limit.sent(limit.batchSize, limit.batchSize * bytes, now);
    }
    most = Math.max(most, queue.reduce((sum, records) => sum + records, 0));
    now += (queue.shift() ?? 1) / recordsPerMs;
    limit.returned(now);
  }
  return most;
}

it('gives a slow receiver little, also in the beginning', () => {
  const limit = new InFlightLimit(100, 1024);
  expect(run(limit, 0.1, 0, 10_000)).toBeLessThanOrEqual(2 * 64 + 64);
  expect(limit.batchSize).toBe(SMALLEST_BATCH);
  expect(run(limit, 0.1, 20_000, 30_000)).toBeLessThanOrEqual(3 * SMALLEST_BATCH);
});

it('gives a fast receiver as much as it can take, within a few batches', () => {
  const limit = new InFlightLimit(100, 1024);
  const most = run(limit, 5000, 0, 20);
  expect(limit.batchSize).toBe(1024);
  expect(most).toBe(MAX_BATCHES_IN_FLIGHT * 1024);
});

it('makes batches of large records small, however fast the receiver is, and full ones again behind them', () => {
  const limit = new InFlightLimit(100, 4096);
  expect(run(limit, 5000, 0, 1000)).toBe(MAX_BATCHES_IN_FLIGHT * 4096);
  run(limit, 5000, 1000, 2000, 200_000);
  expect(limit.batchSize).toBe(16);
  run(limit, 5000, 2000, 2100);
  expect(limit.batchSize).toBe(4096);
});

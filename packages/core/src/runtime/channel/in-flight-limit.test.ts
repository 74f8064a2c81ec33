import { expect, it } from 'vitest';
import { FEWEST_TOGETHER } from '../../record/cache-share.js';
import { RecordBatch } from '../../record/record-batch.js';
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

const SMALL = { id: 1, price: 2, at: 3 };
const LARGE = { id: 1, url: 'x'.repeat(50), note: 'y'.repeat(100) };
const HUGE = { id: 1, note: 'z'.repeat(100_000) };

it('makes the batches of a channel smaller while its records are large objects, not for columns of numbers', () => {
  const limit = new InFlightLimit(100, 4096);
  const send = (record: unknown, columns: boolean, batches: number): number => {
    for (let now = 0; now < batches; now++) {
      const batch = new RecordBatch(limit.batchSize);
      for (let i = 0; i < batch.capacity; i++) batch.append(record, i);
      if (columns) batch.holdsNumbers = true;
      limit.held(batch);
      limit.sent(batch.length, 0, now);
      limit.returned(now + 0.001);
    }
    return limit.batchSize;
  };
  expect(send(SMALL, false, 20)).toBe(4096);
  expect(send(HUGE, true, 20)).toBe(4096);
  expect(send(LARGE, false, 1)).toBe(1024);
  expect(send(HUGE, false, 1)).toBe(FEWEST_TOGETHER);
  expect(send(SMALL, false, 100)).toBe(4096);
});

it.each([257, 700, 1000, 1023, 1500, 4000, 5000])('comes back to full batches of %i when the large objects are over', (largest) => {
  const limit = new InFlightLimit(100, largest);
  const send = (record: unknown, batches: number): number => {
    for (let now = 0; now < batches; now++) {
      const batch = new RecordBatch(limit.batchSize);
      for (let i = 0; i < batch.capacity; i++) batch.append(record, i);
      limit.held(batch);
      limit.sent(batch.length, 0, now);
      limit.returned(now + 0.001);
    }
    return limit.batchSize;
  };
  send(SMALL, 20);
  expect(send(HUGE, 3)).toBeLessThanOrEqual(FEWEST_TOGETHER);
  expect(send(SMALL, 100)).toBe(largest);
});

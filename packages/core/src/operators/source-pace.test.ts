import { expect, it } from 'vitest';
import { SMALLEST_SOURCE_BATCH, SourcePace } from './source-pace.js';

/** Works batches off at so many records a millisecond; gives how long the last took. */
function run(pace: SourcePace, perMs: number, batches: number): number {
  let tookMs = 0;
  for (let now = 0, batch = 0; batch < batches; batch++) {
    pace.began(now);
    const { capacity } = pace;
    tookMs = capacity / perMs;
    now += tookMs;
    pace.ended(capacity, now);
  }
  return tookMs;
}

it('reads as much at once as is worked off in the time that may be in flight, and follows both ways', () => {
  const pace = new SourcePace(1024, 100);
  expect(run(pace, 500, 10)).toBe(1024 / 500);
  expect(run(pace, 1, 2)).toBeLessThanOrEqual(100);
  expect(run(pace, 0.05, 2)).toBe(SMALLEST_SOURCE_BATCH / 0.05);
  expect(run(pace, 500, 10)).toBe(1024 / 500);
});

it('never asks for more than it may', () => {
  const pace = new SourcePace(3, 100);
  for (const speed of [100, 0.001, 100]) {
    run(pace, speed, 5);
    expect(pace.capacity).toBeLessThanOrEqual(3);
  }
});

it('looks at the clock after more records while they are fast, and after each 64 as soon as they are not', () => {
  const pace = new SourcePace(1024, 100);
  expect(pace.stride).toBe(64);
  run(pace, 5_000, 12);
  expect(pace.stride).toBe(256);
  run(pace, 600, 1);
  expect(pace.stride).toBe(64);
  run(pace, 600, 12);
  expect(pace.stride).toBe(128);
  run(pace, 100, 12);
  expect(pace.stride).toBe(64);
});

it('looks after each 64 records when the clock does not tell how long they take', () => {
  const pace = new SourcePace(1024, 100);
  for (let batch = 0; batch < 12; batch++) {
    pace.began(1);
    pace.ended(pace.capacity, 1);
  }
  expect(pace.stride).toBe(64);
});

const SMALL = { id: 1, price: 2, at: 3 };
const LARGE = { id: 1, url: 'x'.repeat(50), note: 'y'.repeat(100) };

/** Lets a source give so many full batches of one record; how many records its next batch may have. */
function fill(pace: SourcePace, record: unknown, batches: number): number {
  for (let batch = 0; batch < batches; batch++) {
    pace.began(batch);
    pace.held(new Array(pace.capacity).fill(record), pace.capacity);
    pace.ended(pace.capacity, batch + 0.01);
  }
  return pace.capacity;
}

it('makes the batches of a source smaller while its records are large', () => {
  const pace = new SourcePace(4096, 100);
  expect(fill(pace, SMALL, 20)).toBe(4096);
  expect(fill(pace, LARGE, 1)).toBe(1024);
  expect(fill(pace, LARGE, 20)).toBe(1024);
  expect(fill(pace, SMALL, 60)).toBe(4096);
});

it.each([257, 700, 1000, 1023, 1500, 4000, 5000])('comes back to full batches of %i when the large records are over', (largest) => {
  const pace = new SourcePace(largest, 100);
  fill(pace, SMALL, 20);
  expect(fill(pace, { note: 'z'.repeat(100_000) }, 3)).toBeLessThanOrEqual(512);
  expect(fill(pace, SMALL, 100)).toBe(largest);
});

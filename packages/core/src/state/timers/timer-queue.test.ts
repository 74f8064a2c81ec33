import { describe, expect, it } from 'vitest';
import { LATER, TimerQueue } from './timer-queue.js';
import { NO_TIMER, TimerRows } from './timer-rows.js';

const always = (): boolean => true;

describe('the queue of timers', () => {
  it('takes the rows of deleted timers again, also those of seconds in which none is left', () => {
    const rows = new TimerRows();
    const queue = new TimerQueue(rows, 0);
    let highest = 0;
    for (let second = 0; second < 200; second++) {
      for (let at = 0; at < 20; at++) {
        const row = rows.take(0, second * 1000, at, null, 0);
        highest = Math.max(highest, row);
        queue.add(row, second * 1000);
        if (second % 2 === 1 && at === 0) continue;
        rows.leave(row);
        queue.forget(second * 1000);
      }
      for (let row = queue.due(second * 1000, always); row !== NO_TIMER; row = queue.due(second * 1000, always)) rows.leave(row);
    }
    expect(highest).toBeLessThan(100);
  });

  it('gives pages back when their timers have fired, but for those in which one still waits', () => {
    const rows = new TimerRows();
    const queue = new TimerQueue(rows, 0);
    const take = (count: number, time: number): void => {
      for (let at = 0; at < count; at++) queue.add(rows.take(0, time, at, null, 0), time);
    };
    const fire = (time: number): number => {
      let fired = 0;
      for (let row = queue.due(time, always); row !== NO_TIMER; row = queue.due(time, always), fired++) rows.leave(row);
      return fired;
    };
    for (let round = 0; round < 3; round++) {
      take(10, 1e6 * (round + 1));
      take(100_000, 1000 * (round + 1));
      const most = rows.room;
      expect(fire(1000 * (round + 1))).toBe(100_000);
      take(10, 900_000);
      expect(rows.room).toBeLessThan(most / 4);
      expect(fire(900_000)).toBe(10);
    }
    expect([fire(1e6), fire(2e6), fire(3e6), rows.room <= 2 * 4096]).toEqual([10, 10, 10, true]);
  });

  it('asks whether it may go on while it sorts, often enough for a budget that sees the clock at every 64th question', () => {
    const rows = new TimerRows();
    const queue = new TimerQueue(rows, 7);
    const count = 40_000;
    const expected: [time: number, group: number, sequence: number][] = [];
    for (let at = 0; at < count; at++) {
      const time = (at * 7919) % 1000;
      queue.add(rows.take(at % 8, time, at, null, 0), time);
      expected.push([time, at % 8, at]);
    }
    expected.sort((left, right) => left[0] - right[0] || left[1] - right[1] || left[2] - right[2]);
    let stops = 0;
    while (queue.due(1000, () => false) === LATER) stops++;
    expect(stops).toBeGreaterThan((3 * count) / 128);
    const fired: [number, number, number][] = [];
    for (let row = queue.due(1000, always); row !== NO_TIMER; row = queue.due(1000, always)) {
      fired.push([rows.timeOf(row), rows.placeOf(row), rows.sequenceOf(row)]);
      rows.leave(row);
    }
    expect(fired).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { TimerQueue } from './timer-queue.js';
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
});

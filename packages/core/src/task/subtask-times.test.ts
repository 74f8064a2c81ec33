import { expect, it } from 'vitest';
import { Rates } from './rates.js';
import { SubtaskTimes } from './subtask-times.js';

it('accounts for every millisecond, also for those of what is not over yet', () => {
  const times = new SubtaskTimes(100);
  times.change('busy', 130);
  times.change('backPressured', 150);
  times.change('busy', 250);
  expect(times.read(255)).toEqual({ busyMs: 25, idleMs: 30, backPressuredMs: 100 });
  expect(times.read(260)).toEqual({ busyMs: 30, idleMs: 30, backPressuredMs: 100 });
});

it('gives rates over the last second or more, however often it is asked', () => {
  const rates = new Rates(0);
  expect(rates.read([100], 500)).toEqual([200]);
  expect(rates.read([300], 1000)).toEqual([300]);
  expect(rates.read([9000], 1300)).toEqual([300]);
  expect(rates.read([9300], 2500)).toEqual([6000]);
  expect(rates.read([9300], 4500)).toEqual([0]);
});

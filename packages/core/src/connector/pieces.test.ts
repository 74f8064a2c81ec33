import { expect, it } from 'vitest';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { excerptOf } from './excerpt.js';
import { Pacer } from './pacer.js';
import { WakeUp } from './wake-up.js';

it('a wake-up between a poll and the wait is not lost, and an old one does not count', async () => {
  const wakeUp = new WakeUp();
  wakeUp.wake();
  await wakeUp.wait();
  wakeUp.wake();
  wakeUp.clear();
  let woken = 0;
  void wakeUp.wait().then(() => woken++);
  void wakeUp.wait().then(() => woken++);
  await Promise.resolve();
  expect(woken).toBe(0);
  wakeUp.wake();
  await Promise.resolve();
  await Promise.resolve();
  expect(woken).toBe(2);
});

it('a pacer lets chunks of one size go and catches up a tenth of a second at most', async () => {
  const platform = new SimulatedPlatform({ seed: 1 });
  const pacer = new Pacer(platform, 2000, 2);
  expect(pacer.chunk).toBe(20);
  expect(pacer.ready()).toBe(true);
  pacer.spend(20);
  expect(pacer.ready()).toBe(false);
  expect(pacer.waitMs()).toBe(20);
  await platform.advance(20);
  expect(pacer.ready()).toBe(true);
  await platform.advance(60_000);
  let burst = 0;
  while (pacer.ready()) {
    pacer.spend(pacer.chunk);
    burst += pacer.chunk;
  }
  expect(burst).toBe(100);
});

it('an excerpt is one short line', () => {
  expect(excerptOf('a\nb')).toBe('"a\\nb"');
  expect(excerptOf(new Uint8Array(1000).fill(97)).length).toBeLessThan(130);
});

import { describe, expect, it } from 'vitest';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { SpareKeeper } from './spare-keeper.js';

/** A job whose sources have read `recordsIn`, and what was asked for by when. */
function watched(mayBeOfUse = true): { readonly job: { recordsIn: number }; readonly asked: string[]; readonly platform: SimulatedPlatform; readonly keeper: SpareKeeper } {
  const platform = new SimulatedPlatform({ seed: 1 });
  const from = platform.clock.monotonicMs();
  const job = { recordsIn: 0 };
  const asked: string[] = [];
  const keepReady = (count: number): void => void asked.push(`${count} at ${(platform.clock.monotonicMs() - from) / 1000} s`);
  return { job, asked, platform, keeper: new SpareKeeper({ timers: platform.timers, mayBeOfUse, recordsIn: () => job.recordsIn, keepReady }) };
}

describe('a spare', () => {
  it('comes with the first records, stays while they flow, however slowly, and goes after a minute without', () => {
    const { job, asked, platform, keeper } = watched();
    keeper.begin();
    platform.advanceNow(3_500);
    job.recordsIn++;
    platform.advanceNow(40_000);
    job.recordsIn++;
    platform.advanceNow(40_000);
    expect(asked).toEqual(['0 at 1 s', '1 at 4 s']);
    platform.advanceNow(60_000);
    expect(asked).toEqual(['0 at 1 s', '1 at 4 s', '0 at 104 s']);
    job.recordsIn++;
    platform.advanceNow(1_000);
    expect(asked.at(-1)).toBe('1 at 144 s');
    keeper.end();
    platform.advanceNow(200_000);
    expect(asked).toHaveLength(4);
  });

  it('is seen to again when an attempt begins, which may have taken it', () => {
    const { job, asked, platform, keeper } = watched();
    keeper.begin();
    job.recordsIn = 5;
    platform.advanceNow(1_500);
    keeper.begin();
    job.recordsIn = 6;
    platform.advanceNow(5_000);
    expect(asked).toEqual(['1 at 1 s', '1 at 2.5 s']);
  });

  it('is never kept where nothing is restarted; what was given back ends', () => {
    const { job, asked, platform, keeper } = watched(false);
    keeper.begin();
    job.recordsIn = 5;
    platform.advanceNow(10_000);
    expect(asked).toEqual(['0 at 1 s']);
  });
});

/**
 * Whole jobs on a simulated machine, from one seed each: killed at named points and at random moments, with broken disks,
 * jumping clocks and sinks that fail, restarted elsewhere, and held against the twelve invariants.
 */
import { describe, expect, it } from 'vitest';
import { REACH_POINTS } from '../../base/reach-points.js';
import { reducing } from './canaries.js';
import { FOUND } from './found-scenarios.js';
import { drawScenario } from './scenario.js';
import { runScenario } from './scenario-run.js';
import { simulateSeeds } from './simulate-seeds.js';

/** Seeds of the tests are fixed, so that they say the same every time; `npm run simulate` draws others. */
const SEEDS = 500;
const REPLAY = 'npm run simulate -- --seed';

describe('simulated jobs', () => {
  it(`keep all invariants, whatever fails (${SEEDS} seeds), and are killed at every point`, { timeout: 600_000 }, async () => {
    const { failures, verdicts, kills, runs } = await simulateSeeds({ first: 1, count: SEEDS });
    expect(failures.map(({ seed, failure }) => `${failure} (replay it with: ${REPLAY} ${seed})`)).toEqual([]);
    expect(runs).toBe(SEEDS);
    // None of them only ever did not apply.
    expect([...verdicts].filter(([, { held }]) => held < 10)).toEqual([]);
    expect(REACH_POINTS.filter((point) => kills.get(point) === 0)).toEqual([]);
  });

  it('keep all invariants when windows are reduced before exchanges from the first life on (60 seeds)', { timeout: 120_000 }, async () => {
    const failed: string[] = [];
    for (let seed = 1001; seed <= 1060; seed++) {
      const { failure } = await runScenario(reducing(drawScenario(seed)));
      if (failure !== undefined) failed.push(`${seed}: ${failure}`);
    }
    expect(failed).toEqual([]);
  });

  it('do the same again from the same seed, line for line', async () => {
    for (const seed of [3, 8, 29]) {
      const [one, other] = [await runScenario(drawScenario(seed)), await runScenario(drawScenario(seed))];
      expect(other.trace).toEqual(one.trace);
      expect(other.reached).toEqual(one.reached);
    }
  });

  it.each(FOUND)('keep all invariants where they once did not: $story', async ({ scenario }) => {
    expect((await runScenario(scenario)).failure).toBeUndefined();
  });
});

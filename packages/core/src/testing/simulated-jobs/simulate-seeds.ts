import { REACH_POINTS, type ReachPoint } from '../../base/reach-points.js';
import type { InvariantId } from '../invariants/invariant.js';
import { drawScenario } from './scenario.js';
import { runScenario, type ScenarioResult } from './scenario-run.js';

/** What many runs have shown together. */
export interface SeedsResult {
  readonly runs: number;
  readonly failures: readonly ScenarioResult[];
  /** By invariant: in how many runs it held, and in how many it did not apply. */
  readonly verdicts: ReadonlyMap<InvariantId, { readonly held: number; readonly notApplicable: number }>;
  /** How often the runs were killed at each point. */
  readonly kills: ReadonlyMap<ReachPoint, number>;
}

/** Limits of a series of runs. */
export interface SeedsOptions {
  readonly first: number;
  readonly count: number;
  /** Runs are ended after so many failures. */
  readonly mostFailures?: number;
  /** Told after each run. */
  readonly ran?: (result: ScenarioResult) => void;
}

/** Runs the scenarios of `count` seeds from `first` on. A run that throws has failed, too. */
export async function simulateSeeds({ first, count, mostFailures = 3, ran }: SeedsOptions): Promise<SeedsResult> {
  const failures: ScenarioResult[] = [];
  const verdicts = new Map<InvariantId, { held: number; notApplicable: number }>();
  const kills = new Map<ReachPoint, number>(REACH_POINTS.map((point) => [point, 0]));
  let runs = 0;
  for (let seed = first; seed < first + count && failures.length < mostFailures; seed++) {
    const result = await runSeed(seed);
    runs++;
    ran?.(result);
    if (result.failure !== undefined) failures.push(result);
    for (const point of result.killedAt) kills.set(point, (kills.get(point) ?? 0) + 1);
    for (const [id, verdict] of Object.entries(result.verdicts ?? {}) as [InvariantId, { readonly kind: string }][]) {
      const sum = verdicts.get(id) ?? { held: 0, notApplicable: 0 };
      verdicts.set(id, sum);
      if (verdict.kind === 'holds') sum.held++;
      if (verdict.kind === 'notApplicable') sum.notApplicable++;
    }
  }
  return { runs, failures, verdicts, kills };
}

/** Runs the scenario of one seed. */
export async function runSeed(seed: number): Promise<ScenarioResult> {
  try {
    return await runScenario(drawScenario(seed));
  } catch (error) {
    const failure = `the run threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    return { seed, failure, verdicts: undefined, trace: [], reached: new Map(), killedAt: [] };
  }
}

import type { Canary } from './canary.js';
import { drawScenario } from './scenario.js';
import { runScenario } from './scenario-run.js';

/** After how many seeds the simulator noticed that a protection is gone; undefined: it did not. */
export interface CanaryProof {
  readonly canary: string;
  readonly breaks: string;
  readonly seeds: number | undefined;
  readonly failure: string | undefined;
  /** What the whole engine did in the same scenario: undefined, unless something is wrong with the scenario. */
  readonly control: string | undefined;
}

/** Runs each canary until a run fails, `mostSeeds` at the most. */
export async function proveCanaries(canaries: readonly Canary[], mostSeeds: number, proved?: (proof: CanaryProof) => void): Promise<readonly CanaryProof[]> {
  const proofs: CanaryProof[] = [];
  for (const canary of canaries) {
    let proof: CanaryProof = { canary: canary.name, breaks: canary.breaks, seeds: undefined, failure: undefined, control: undefined };
    for (let seed = 1; seed <= mostSeeds && proof.seeds === undefined; seed++) {
      const failure = await failureOf(canary, seed);
      if (failure !== undefined) proof = { ...proof, seeds: seed, failure, control: await failureOf({ ...canary, ...INTACT }, seed) };
    }
    proofs.push(proof);
    proved?.(proof);
  }
  return proofs;
}

/** Takes the break out of a canary and leaves its scenario. */
const INTACT = { platform: undefined, store: undefined, sink: undefined, message: undefined, unfencedWarehouse: false, patch: undefined };

async function failureOf(canary: Canary, seed: number): Promise<string | undefined> {
  const scenario = drawScenario(seed);
  try {
    return (await runScenario(canary.scenario?.(scenario) ?? scenario, canary)).failure;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

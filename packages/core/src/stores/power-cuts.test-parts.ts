/** Power that goes at every operation of the disk in turn. */
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';

/** What a store did on a machine whose power may have gone meanwhile. */
export interface PowerCut {
  readonly wasCut: boolean;
  /** It said that it was done. */
  readonly isDone: boolean;
  /** The machine as it is afterwards. */
  readonly after: SimulatedPlatform;
}

/**
 * Lets `prepare` get a machine ready and runs what it gives, with the power going at the first operation of the disk, then at
 * the second, and so on until it is through; for each seed. `look` judges each. Gives how often the power went.
 */
export async function cutPowerEverywhere(seeds: readonly number[], prepare: (platform: SimulatedPlatform) => Promise<() => Promise<unknown>>, look: (cut: PowerCut) => Promise<void>): Promise<number> {
  let cuts = 0;
  for (const seed of seeds) {
    for (let at = 0, wasCut = true; wasCut; at++) {
      wasCut = false;
      const platform = new SimulatedPlatform({ seed });
      const act = await prepare(platform);
      let after = platform;
      const call = (): void => {
        wasCut = true;
        after = platform.crash('tear');
        throw new Error('the power went');
      };
      const fault = platform.files.faults.inject({ kind: 'call', after: at, times: 1, call });
      const isDone = await act().then(() => true, () => false);
      fault.remove();
      if (wasCut) cuts++;
      await look({ wasCut, isDone, after });
    }
  }
  return cuts;
}

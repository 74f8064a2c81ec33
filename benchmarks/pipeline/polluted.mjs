import { duel } from '../lib/duel.mjs';
import { engineJob } from './engine-job.mjs';
import { handLoop } from './hand-loop.mjs';
import { otherJobs } from './other-jobs.mjs';
import { makeBids } from './sales.mjs';

/** The same after twenty other jobs ran in the process, and the loop too: what an engine looks like that has lived for a while. */
export const part = {
  title: 'polluted',
  cases: ['hand loop'],
  async run(name, { smoke }) {
    const bids = makeBids(smoke ? 5_000 : 1_000_000);
    const few = makeBids(smoke ? 200 : 50_000);
    for (const job of otherJobs) await job(few);
    return duel({
      what: `engine as a multiple of the ${name}, after ${otherJobs.length} other jobs`,
      goal: 0.35,
      records: bids.length,
      other: { name, run: (take) => handLoop(bids, take) },
      engine: { name: 'engine', run: (take) => engineJob(bids, take) },
      smoke,
    });
  },
};

import { duel } from '../lib/duel.mjs';
import { engineJob } from './engine-job.mjs';
import { withForAwait } from './for-await.mjs';
import { handLoop, handLoopWithRecords } from './hand-loop.mjs';
import { withNodeStreams } from './node-streams.mjs';
import { withRxjs, withRxjsAndHandWindow } from './rxjs.mjs';
import { makeBids } from './sales.mjs';

/** Those without a goal explain the figure above them. */
const OTHERS = {
  'hand loop': { run: handLoop, goal: 0.6, records: 1_000_000 },
  'hand loop that makes every record': { run: handLoopWithRecords, records: 1_000_000 },
  RxJS: { run: withRxjs, goal: 2.5, records: 1_000_000 },
  'RxJS with a window by hand': { run: withRxjsAndHandWindow, records: 1_000_000 },
  'Node streams': { run: withNodeStreams, goal: 8, records: 250_000 },
  'for await': { run: withForAwait, goal: 8, records: 500_000 },
};

/** map → filter → keyBy(10k) → tumbling count and sum, in a fresh process for each comparison. */
export const part = {
  title: 'fresh',
  cases: Object.keys(OTHERS),
  run(name, { smoke }) {
    const { run, goal, records } = OTHERS[name];
    const bids = makeBids(smoke ? 5_000 : records);
    return duel({
      what: `engine as a multiple of ${name}`,
      goal,
      records: bids.length,
      other: { name, run: (take) => run(bids, take) },
      engine: { name: 'engine', run: (take) => engineJob(bids, take) },
      smoke,
    });
  },
};

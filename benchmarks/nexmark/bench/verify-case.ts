// Compares the results of the queries given on the command line, as JSON, in every way there is, and sends one message for each.
import { resultsAfterRestart, resultsByHand, resultsOfEngine } from '../verify.js';
import { queryNamed, type CaseOptions } from './measure.js';

const { queries, events } = JSON.parse(process.argv[2]!) as CaseOptions;
/** A run of this many seconds is cut off near its middle. */
const SECONDS = 4;
const CHECKPOINT_INTERVAL_MS = 200;

for (const name of queries) {
  const { query, yardstick } = queryNamed(name);
  if (query.byClock === true) continue;
  const byHand = resultsByHand(query, yardstick, events);
  const tell = (what: string, expected: string, found: string): void => void process.send!({ query: name, what, right: expected === found, detail: expected === found ? found : `${expected}, not ${found}` });
  tell('parallelism 1     ', byHand.exact, (await resultsOfEngine(query, events, 1)).exact);
  for (const parallelism of [2, 4]) tell(`parallelism ${parallelism}     `, byHand.lasting, (await resultsOfEngine(query, events, parallelism)).lasting);
  const commits = Math.floor((SECONDS * 1000) / CHECKPOINT_INTERVAL_MS / 2);
  const interruption = { events, rate: events / SECONDS, checkpointIntervalMs: CHECKPOINT_INTERVAL_MS, commits, parallelism: 2 };
  tell('cut off, then on 2', byHand.lasting, (await resultsAfterRestart(query, interruption)).lasting);
}
process.disconnect?.();

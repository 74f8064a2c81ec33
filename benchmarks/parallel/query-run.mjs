import { readdirSync, readFileSync } from 'node:fs';
import { engine } from '../lib/engine.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

/**
 * @typedef {{ at: number, cpu: number }} Moment  milliseconds of the machine's clock, seconds of processor time of the process
 * @typedef {object} QueryRun
 * @property {readonly Moment[]} opened  of each sink
 * @property {readonly Moment[]} warm  of each source, when the warm-up was over
 * @property {readonly Moment[]} closed  of each sink
 * @property {number} rows
 */

/** Runs a query of Nexmark once in this process, on as many worker threads, and gives its moments. */
export function queryRun({ url, query, events, warmUp, workers }) {
  return withTemporaryFolder(async (folder) => {
    const job = await engine.runJob(new URL(url), { parallelism: workers, workers, args: { query, events, warmUp, folder } });
    const { recordsIn } = await job.done;
    if (recordsIn !== events) throw new Error(`${query} has read ${recordsIn} events, not ${events}`);
    const left = readdirSync(folder).filter((name) => /^(rows|warm)-.*\.json$/.test(name)).map((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')));
    const moments = (name) => left.flatMap((each) => each[name] ?? []);
    return { opened: moments('opened'), warm: moments('warm'), closed: moments('closed'), rows: left.reduce((sum, { rows = 0 }) => sum + rows, 0) };
  });
}

/** The time by the clock and the processor time between the first moment of one name and the last end of all runs, each of them in a process of its own. */
export function usedFrom(name, runs) {
  const last = (run, value) => Math.max(...run.closed.map(value));
  const first = (run, value) => Math.min(...run[name].map(value));
  return {
    seconds: (Math.max(...runs.map((run) => last(run, ({ at }) => at))) - Math.min(...runs.map((run) => first(run, ({ at }) => at)))) / 1000,
    cpu: runs.reduce((sum, run) => sum + last(run, ({ cpu }) => cpu) - first(run, ({ cpu }) => cpu), 0),
  };
}

import { engine } from '../lib/engine.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const CASES = { 'two threads': { workers: 2 }, 'one thread': { workers: 1 } };
const LIMIT_MB = 20;
const ALIGNMENT_LIMIT_MS = 1000;

/** A sink of a hundred records a second behind a source at full speed, for a minute: memory, checkpoints every second, alignment. */
export const part = {
  title: 'slow-sink',
  cases: Object.keys(CASES),
  run: (name, { smoke }) =>
    withTemporaryFolder(async (directory) => {
      const stats = [];
      const job = await engine.runJob(new URL('./slow-sink-job.mjs', import.meta.url), {
        parallelism: 2, ...CASES[name], onCheckpoint: (each) => stats.push(each), options: { 'checkpoint.dir': directory, 'checkpoint.interval': smoke ? 100 : 1000 },
      });
      // Code is compiled and nurseries fill in the first seconds.
      await pause(smoke ? 500 : 10_000);
      const before = await memory();
      await pause(smoke ? 200 : 60_000);
      const grown = (await memory()) - before;
      const { subtasks } = job.describe();
      const written = subtasks.filter((subtask) => subtask.name.startsWith('slow')).reduce((sum, { metrics }) => sum + metrics.numRecordsIn, 0);
      await job.cancel();
      return linesOf(name, grown, stats.filter(({ failure }) => failure?.includes('the job') !== true), written, subtasks);
    }),
};

function linesOf(name, grown, stats, written, subtasks) {
  const failed = stats.filter(({ status }) => status === 'failed').length;
  const worst = (of) => stats.reduce((most, each) => Math.max(most, each[of]), 0);
  const pressed = Math.max(...subtasks.map(({ metrics }) => metrics.backPressuredTimeMsPerSecond));
  return [
    { what: `growth of memory in a minute before a slow sink, ${name}`, value: grown / 1e6, unit: 'MB', goal: `≤ ${LIMIT_MB} MB`, holds: grown / 1e6 <= LIMIT_MB, detail: `${written} records written; the source is back-pressured ${pressed.toFixed(0)} ms of each second` },
    { what: `checkpoints that failed, ${name}`, value: failed, goal: '0', holds: failed === 0, detail: `${stats.length - failed} complete, ${worst('durationMs').toFixed(0)} ms at most` },
    { what: `longest alignment, ${name}`, value: worst('alignmentMs'), unit: 'ms', goal: `≤ ${ALIGNMENT_LIMIT_MS} ms`, holds: worst('alignmentMs') <= ALIGNMENT_LIMIT_MS, detail: `longest wait for the first barrier ${worst('startDelayMs').toFixed(0)} ms` },
  ];
}

/** Resident memory, the smallest of a few looks: what stands there just before a collection is not growth. */
async function memory() {
  let least = Infinity;
  for (let look = 0; look < 10; look++) {
    least = Math.min(least, process.memoryUsage.rss());
    await pause(50);
  }
  return least;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

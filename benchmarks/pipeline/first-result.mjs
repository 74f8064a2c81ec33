import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { median, spread } from '../lib/statistics.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';
import { writeOrders } from './orders-file.mjs';

const COMMAND = fileURLToPath(new URL('../../packages/millrace/bin/millrace.js', import.meta.url));
/** Inside the repository, so that the job finds the packages it imports. */
const JOBS = fileURLToPath(new URL('../.jobs', import.meta.url));
const LINES = 100_000;
const RUNS = 7;
const FLOOR_SECONDS = 0.8;
const GOAL_SECONDS = 0.4;

/** How long a user waits for the first row of `millrace run`, from the start of the process, with nothing bundled before. */
export const part = {
  title: 'first-result',
  cases: ['millrace run'],
  run: (name, { smoke }) =>
    withTemporaryFolder(async (folder) => {
      if (smoke) return [{ what: name }];
      const input = join(folder, 'orders.ndjson');
      writeOrders(input, LINES);
      mkdirSync(JOBS, { recursive: true });
      const firsts = [];
      const wholes = [];
      try {
        for (let run = 0; run < RUNS; run++) {
          const { firstSeconds, wholeSeconds } = await timeOfRun(writeJob(run), input);
          firsts.push(firstSeconds);
          wholes.push(wholeSeconds);
        }
      } finally {
        rmSync(JOBS, { recursive: true, force: true });
      }
      const value = median(firsts);
      return [
        {
          what: `${name} of a new job over 100k lines: start to first row`,
          value,
          unit: 's',
          spread: spread(firsts),
          goal: `≤ ${FLOOR_SECONDS} s, goal ${GOAL_SECONDS} s`,
          holds: value <= FLOOR_SECONDS,
          detail: `to the end of the process ${median(wholes).toFixed(2)} s`,
        },
      ];
    }),
};

/** A job file that differs from all before it, so that no bundle of it lies in a cache. */
function writeJob(run) {
  const path = join(JOBS, `job-${process.pid}-${run}.ts`);
  writeFileSync(
    path,
    `import { arg, count, defineJob, fileSource, json, monotonousTimestamps, sum, t, tumblingEventTime, typeFromSchema } from 'millrace';

interface Order { readonly orderId: string; readonly timestamp: number; readonly amount: number }

export default defineJob({
  name: 'first-result-${process.pid}-${run}',
  args: { input: arg.path() },
  build(env, args) {
    env
      .fromSource(fileSource({ path: args.input, format: json() }), { watermarks: monotonousTimestamps((order) => (order as Order).timestamp) })
      .map((order) => order as Order)
      .keyBy('orderId')
      .window(tumblingEventTime('10 min'))
      .aggregate({ orders: count(), total: sum('amount') })
      .print();
  },
});
`,
  );
  return path;
}

function timeOfRun(job, input) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    const child = spawn(process.execPath, [COMMAND, 'run', job, '--json', '--', '--input', input], { stdio: ['ignore', 'pipe', 'pipe'] });
    let firstSeconds;
    let errors = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (firstSeconds === undefined && line.includes('"type":"row"')) firstSeconds = seconds();
    });
    child.stderr.on('data', (text) => (errors += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0 || firstSeconds === undefined) reject(new Error(`millrace run ended with ${code} ${firstSeconds === undefined ? 'and no row' : ''}\n${errors}`));
      else resolve({ firstSeconds, wholeSeconds: seconds() });
    });
  });
}

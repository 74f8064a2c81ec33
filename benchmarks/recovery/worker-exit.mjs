// node benchmarks/recovery/worker-exit.mjs [--rounds 10] [--keys 10000] [--delay 0] [--json]: from the exit of a worker thread to the first row of its successor.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runJob } from '@millrace/core';
import { machineLine } from '../lib/machine.mjs';
import { table } from '../lib/table.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    keys: { type: 'string', default: '10000' },
    // The wait of the restart strategy, which is part of the time; 0 shows what the engine itself takes.
    delay: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});
const RATE = 20_000;
/** Says nothing: the restart is what is measured. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {}, isEnabled: () => false, child: () => SILENT };

const times = await withTemporaryFolder(async (folder) => {
  const taken = [];
  for (let round = 0; round < Number(values.rounds); round++) taken.push(await roundTrip(join(folder, String(round))));
  return taken.sort((a, b) => a - b);
});
const median = times.length % 2 === 1 ? times[(times.length - 1) / 2] : (times[times.length / 2 - 1] + times[times.length / 2]) / 2;
const part = `2 workers, ${values.keys} keys, wait ${values.delay} ms`;
const lines = [
  { part, what: 'exit of a worker to the first row', value: median, unit: 'ms', goal: '≤ 500 ms', holds: median <= 500, detail: `median of ${times.length}; ${times[0]} to ${times.at(-1)} ms` },
];
if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt: new Date().toISOString(), lines }, undefined, 2)}\n`);
else process.stdout.write(`${machineLine()}, ${new Date().toISOString()}\n${table(lines)}\n`);

/** Milliseconds from the exit to the first row that is shown after it. */
async function roundTrip(folder) {
  const marker = `${folder}-exited`;
  let exited = false;
  const shown = { first: undefined };
  let restarted = false;
  const job = await runJob(new URL('./worker-exit-job.mjs', import.meta.url), {
    parallelism: 2,
    workers: 2,
    args: { marker, exitAt: 2 * RATE, keys: Number(values.keys), rate: RATE },
    options: { 'checkpoint.dir': `${folder}-checkpoints`, 'checkpoint.interval': 500, 'restart.delay': Number(values.delay), 'restart.strategy': 'fixed-delay' },
    logger: SILENT,
    onPrint: () => {
      if (restarted) shown.first ??= Date.now();
    },
  });
  while (shown.first === undefined) {
    if (existsSync(marker)) exited = true;
    // Rows of the attempt that failed may still be on their way: those of the next come when it runs.
    restarted ||= exited && job.describe().attempt === 1 && job.describe().state === 'RUNNING';
    await new Promise((go) => setTimeout(go, 1));
  }
  await job.cancel();
  return shown.first - Number(readFileSync(marker, 'utf8'));
}

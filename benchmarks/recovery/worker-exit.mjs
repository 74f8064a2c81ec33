import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runJob } from '@millrace/core';
import { wholeNumberFromZero, wholeNumbers } from '../lib/arguments.mjs';
import { machineLine, MachineWatch } from '../lib/machine.mjs';
import { median } from '../lib/statistics.mjs';
import { table } from '../lib/table.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const RATE = 20_000;
const GOAL_MS = 500;
const LIMIT_MS = 1_000;
/** Says nothing: the restart is what is measured. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {}, isEnabled: () => false, child: () => SILENT };

/** npm run bench -- worker-exit [--rounds N] [--keys N] [--delay MS] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '10' }, keys: { type: 'string', default: '10000' }, delay: { type: 'string', default: '0' }, json: { type: 'boolean', default: false } },
  });
  const [rounds, keys] = wholeNumbers(values, 'rounds', 'keys');
  // The wait of the restart strategy, which is part of the time; 0 shows what the engine itself takes.
  const delayMs = wholeNumberFromZero(values, 'delay');
  const watch = new MachineWatch();
  const times = await withTemporaryFolder(async (folder) => {
    const taken = [];
    for (let round = 0; round < rounds; round++) taken.push(await roundTrip(join(folder, String(round)), keys, delayMs));
    return taken.sort((a, b) => a - b);
  });
  const value = median(times);
  const lines = [
    { part: `2 workers, ${keys} keys, wait ${delayMs} ms`, what: 'exit of a worker to the first row', value, unit: 'ms', goal: `≤ ${LIMIT_MS} ms, goal ${GOAL_MS} ms`, holds: value <= LIMIT_MS, foreignLoad: watch.foreignLoad(), detail: `median of ${times.length}; ${times[0]} to ${times.at(-1)} ms` },
  ];
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt: new Date().toISOString(), lines }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${new Date().toISOString()}\n${table(lines)}\n`);
}

/** Milliseconds from the exit to the first row that is shown after it. */
async function roundTrip(folder, keys, delayMs) {
  const marker = `${folder}-exited`;
  let exited = false;
  const shown = { first: undefined };
  let restarted = false;
  const job = await runJob(new URL('./worker-exit-job.mjs', import.meta.url), {
    parallelism: 2,
    workers: 2,
    args: { marker, exitAt: 2 * RATE, keys, rate: RATE },
    options: { 'checkpoint.dir': `${folder}-checkpoints`, 'checkpoint.interval': 500, 'restart.delay': delayMs, 'restart.strategy': 'fixed-delay' },
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

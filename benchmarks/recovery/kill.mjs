import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wholeNumbers, WrongUse } from '../lib/arguments.mjs';
import { machineLine, MachineWatch } from '../lib/machine.mjs';
import { median } from '../lib/statistics.mjs';
import { table } from '../lib/table.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const COMMAND = fileURLToPath(new URL('../../packages/millrace/bin/millrace.js', import.meta.url));
const JOB = fileURLToPath(new URL('./counting-job.ts', import.meta.url));
const GOAL_SECONDS = 3;
/** A run that has not come so far by then has failed. */
const LIMIT_MS = 120_000;

/** npm run bench -- recovery-kill [--keys N] [--rounds N] [--backends heap,log] [--parallelism N] [--rate N] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      keys: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '10' },
      backends: { type: 'string', default: 'heap,log' },
      parallelism: { type: 'string', default: '1' },
      rate: { type: 'string', default: '200000' },
      json: { type: 'boolean', default: false },
    },
  });
  const [keys, rounds, parallelism, rate] = wholeNumbers(values, 'keys', 'rounds', 'parallelism', 'rate');
  const backends = values.backends.split(',').map((name) => name.trim());
  const unknown = backends.find((name) => name !== 'heap' && name !== 'log');
  if (unknown !== undefined) throw new WrongUse(`there is no backend "${unknown}"; there are heap and log`);
  const lines = [];
  for (const backend of backends) lines.push(await measure({ backend, keys, rounds, parallelism, rate }));
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt: new Date().toISOString(), lines }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${new Date().toISOString()}\n${table(lines)}\n`);
}

async function measure(settings) {
  const { backend, keys, rounds } = settings;
  const watch = new MachineWatch();
  return await withTemporaryFolder(async (folder) => {
    const directory = join(folder, 'checkpoints');
    const seconds = [];
    let run = start(settings, directory);
    try {
      // All keys are there, and in a checkpoint, before anything counts.
      await run.until((row) => row.index >= keys);
      for (let round = 0; round < rounds; round++) {
        await nextCheckpoint(directory);
        await sleep(Math.random() * 500);
        await run.kill();
        run = start(settings, directory);
        const first = await run.until(() => true);
        if (first.index < keys) throw new Error(`the job began anew, at record ${first.index}`);
        seconds.push(run.seconds());
      }
    } finally {
      await run.kill();
    }
    const value = median(seconds);
    return {
      part: `${keys} keys, ${backend}`,
      what: 'start after kill -9 to the first right row',
      value,
      unit: 's',
      goal: `≤ ${GOAL_SECONDS} s`,
      holds: value <= GOAL_SECONDS,
      foreignLoad: watch.foreignLoad(0),
      detail: `worst ${Math.max(...seconds).toFixed(2)} s of ${rounds}; ${(sizeOf(directory) / 2 ** 20).toFixed(0)} MB of checkpoints; its own processes count as foreign load`,
    };
  });
}

/** Starts the job; every row is held against what the number of its record says. */
function start({ backend, keys, parallelism, rate }, directory) {
  const startedAt = performance.now();
  const options = ['--json', '--parallelism', String(parallelism), '--state-backend', backend, '--checkpoint-dir', directory, '--checkpoint-interval', '1s'];
  const child = spawn(process.execPath, [COMMAND, 'run', JOB, ...options, '--', '--keys', String(keys), '--rate', String(rate)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  let failure;
  let waiting;
  let firstAt;
  child.stderr.on('data', (text) => (errors = (errors + text).slice(-4000)));
  const closed = new Promise((resolve) => child.on('close', resolve));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line);
    if (event.type !== 'row') return;
    firstAt ??= performance.now();
    const row = event.row ?? event.value;
    if (row.visits !== Math.floor(row.index / keys) + 1) failure = new Error(`record ${row.index} was visit ${row.visits} of its key`);
    waiting?.(row);
  });
  return {
    seconds: () => (firstAt - startedAt) / 1000,
    /** The first row from now on that fits. */
    until: (fits) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error(`no such row for ${LIMIT_MS} ms\n${errors}`)), LIMIT_MS);
        closed.then(() => reject(new Error(`the job ended\n${errors}`)));
        waiting = (row) => {
          if (failure !== undefined) reject(failure);
          if (!fits(row)) return;
          clearTimeout(limit);
          waiting = undefined;
          resolve(row);
        };
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
      if (failure !== undefined) throw failure;
    },
  };
}

/** Waits for a checkpoint that begins after now. */
async function nextCheckpoint(directory) {
  const newest = () => Math.max(0, ...readdirSync(directory).flatMap((name) => /^checkpoint-(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number));
  const known = newest();
  for (const until = performance.now() + LIMIT_MS; performance.now() < until; await sleep(20)) if (newest() > known + 1) return;
  throw new Error('no checkpoint was completed');
}

function sizeOf(directory) {
  return readdirSync(directory, { recursive: true }).reduce((sum, name) => {
    const status = statSync(join(directory, name), { throwIfNoEntry: false });
    return sum + (status?.isFile() === true ? status.size : 0);
  }, 0);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { numberAboveZero, oneOf, WrongUse } from '../lib/arguments.mjs';
import { engine } from '../lib/engine.mjs';
import { machineLine, MachineWatch } from '../lib/machine.mjs';
import { monotonicMs } from '../lib/monotonic.mjs';
import { slope } from '../lib/slope.mjs';
import { table } from '../lib/table.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const LEAD_MS = 2_000;
const SAMPLE_MS = 5_000;
const KEYS = 10_000;
/** What the first fifth of the time brings is code, caches and nurseries that fill. */
const LEFT_OUT = 0.2;
/** Memory is flat when the line through the samples rises by no more than this over all of them, as a part of their mean, or by so many megabytes. */
const ALLOWED_GROWTH = 0.05;
const ALLOWED_MB = { heap: 2, resident: 10 };

/** npm run bench -- long [--minutes 10] [--rate 50000] [--backend heap|log] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '50000' }, backend: { type: 'string', default: 'heap' }, json: { type: 'boolean', default: false } },
  });
  const perMs = numberAboveZero(values, 'rate') / 1000;
  if (perMs * 1000 < KEYS) throw new WrongUse(`--rate is ${values.rate}; it has to be at least ${KEYS}, so that every key comes each second`);
  const seconds = Math.round(numberAboveZero(values, 'minutes') * 60);
  const backend = oneOf(values, 'backend', ['heap', 'log']);
  process.stderr.write(`${machineLine()}\n`);
  // Workers that start after this can collect when they are asked to.
  setFlagsFromString('--expose-gc');
  const { lines, samples } = await run({ perMs, seconds, backend });
  const takenAt = new Date().toISOString();
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt, ...values, lines, samples }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${takenAt}\n${table(lines)}\n`);
  if (lines.some(({ holds }) => holds === false)) process.exitCode = 1;
}

function run({ perMs, seconds, backend }) {
  return withTemporaryFolder(async (folder) => {
    process.stderr.write(`  long: ${backend}, ${perMs * 1000} events a second for ${seconds} s …\n`);
    const watch = new MachineWatch();
    const events = perMs * 1000 * seconds;
    const checkpoints = [];
    const job = await engine.runJob(new URL('./job.mjs', import.meta.url), {
      workers: 1,
      args: { perMs, keys: KEYS, events, startsAt: monotonicMs() + LEAD_MS, sampleMs: SAMPLE_MS, folder },
      options: { 'checkpoint.dir': join(folder, 'checkpoints'), 'checkpoint.interval': 1_000, 'stateBackend': backend, 'restart.strategy': 'none' },
      onCheckpoint: (each) => checkpoints.push(each.status),
    });
    await job.done;
    const { samples, complete, incomplete } = JSON.parse(readFileSync(join(folder, 'watch.json'), 'utf8'));
    const foreignLoad = watch.foreignLoad();
    const part = `long, ${backend}`;
    const detail = `${samples.length} samples; ${checkpoints.filter((each) => each === 'completed').length} of ${checkpoints.length} checkpoints complete`;
    const lines = [
      growth('heap', 'heap of the worker after a collection', samples.map(({ seconds: x, heapMb: y }) => ({ x, y })), seconds),
      growth('resident', 'resident memory of the process', samples.map(({ seconds: x, residentMb: y }) => ({ x, y })), seconds),
      { ...counted(complete, incomplete, seconds), detail },
    ].map((line) => ({ part, ...line, foreignLoad }));
    return { lines, samples };
  });
}

/** How much memory grows over what is looked at, by the line through the samples. */
function growth(kind, what, points, seconds) {
  const looked = points.filter(({ x }) => x >= LEAD_MS / 1000 + seconds * LEFT_OUT);
  const perSecond = slope(looked);
  const mean = looked.reduce((sum, { y }) => sum + y, 0) / looked.length;
  const grown = looked.length < 2 ? NaN : perSecond * (looked.at(-1).x - looked[0].x);
  const limit = Math.max(ALLOWED_MB[kind], ALLOWED_GROWTH * mean);
  const range = looked.map(({ y }) => y);
  return {
    what: `${what}: growth after the first fifth`,
    value: grown,
    unit: 'MB',
    goal: `≤ ${limit.toFixed(1)} MB`,
    holds: grown <= limit,
    detail: `${(perSecond * 60).toFixed(2)} MB a minute; ${Math.min(...range).toFixed(0)} to ${Math.max(...range).toFixed(0)} MB`,
  };
}

/** Each second and each ten seconds, the last unfinished ones too, has to have come with all its events. */
function counted(complete, incomplete, seconds) {
  const expected = seconds + Math.ceil(seconds / 10);
  if (complete !== expected || incomplete.length > 0) throw new Error(`${complete} results are complete, not ${expected}; incomplete: ${incomplete.slice(0, 5).join(', ')}`);
  return { what: 'seconds and ten seconds whose counts are right', value: complete, goal: `${expected}`, holds: true };
}

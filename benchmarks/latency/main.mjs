import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { listOfWholeNumbers, numberAboveZero, wholeNumbers } from '../lib/arguments.mjs';
import { engine } from '../lib/engine.mjs';
import { LogHistogram } from '../lib/log-histogram.mjs';
import { machineLine, MachineWatch } from '../lib/machine.mjs';
import { monotonicMs } from '../lib/monotonic.mjs';
import { quantile } from '../lib/statistics.mjs';
import { table } from '../lib/table.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';
import { FIRST_TIME } from './job.mjs';
import { TimerJitter } from './timer-jitter.mjs';

const KEYS = 10_000;
const SIZE_MS = 1_000;
const SLIDE_MS = 20;
/** Event time begins so long after the start of the run, when all threads are up. */
const LEAD_MS = 2_000;
/** Windows that end earlier do not count: code is compiled, and what the start was late with is caught up. */
const WARM_UP_MS = 5_000;
const IDLE_MS = 5_000;
/** So long after a checkpoint a window may still be late because of it. */
const BEHIND_MS = 200;
/** Milliseconds by quantile. */
const GOALS = { p99: { q: 0.99, goal: 5, floor: 10 }, 'p99.99': { q: 0.9999, goal: 10, floor: 50 } };

/** npm run bench -- latency [--rate N] [--seconds N] [--parallelism 1,2] [--checkpoint-interval 10s] [--young-mb N] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rate: { type: 'string', default: '200000' },
      seconds: { type: 'string', default: '60' },
      parallelism: { type: 'string', default: '1,2' },
      'young-mb': { type: 'string', default: '32' },
      'checkpoint-interval': { type: 'string', default: '10s' },
      json: { type: 'boolean', default: false },
    },
  });
  const [rate, seconds] = [numberAboveZero(values, 'rate'), numberAboveZero(values, 'seconds')];
  const parallelisms = listOfWholeNumbers(values, 'parallelism', '1,2');
  const [youngMb] = wholeNumbers(values, 'young-mb');
  process.stderr.write(`${machineLine()}\n`);
  const idle = await idleJitter();
  const lines = [jitterLine('a bare timer of 1 ms, nothing else running', idle)];
  for (const parallelism of parallelisms) lines.push(...(await measure({ parallelism, perMs: rate / 1000, seconds, interval: values['checkpoint-interval'], youngMb })));
  const takenAt = new Date().toISOString();
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt, rate, seconds, lines }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${takenAt}\n${table(lines)}\n`);
}

async function idleJitter() {
  const jitter = new TimerJitter();
  jitter.start();
  await sleep(IDLE_MS);
  return jitter.stop();
}

function measure({ parallelism, perMs, seconds, interval, youngMb }) {
  return withTemporaryFolder(async (folder) => {
    process.stderr.write(`  latency: parallelism ${parallelism}, ${seconds} s …\n`);
    const watch = new MachineWatch();
    const child = fork(fileURLToPath(new URL('./jitter-child.mjs', import.meta.url)), { execArgv: [] });
    const toMs = WARM_UP_MS + seconds * 1000;
    const events = Math.round(perMs * (toMs + 100));
    const checkpoints = [];
    const cpu = process.cpuUsage();
    const startsAt = monotonicMs() + LEAD_MS;
    /** The same on the clock that checkpoints are told by. */
    const firstAt = Date.now() + LEAD_MS;
    const job = await engine.runJob(new URL('./job.mjs', import.meta.url), {
      parallelism,
      workers: parallelism,
      // A collection of the nursery stops the thread for as long as what lives in it takes to move, and a smaller one holds less.
      limits: { maxYoungGenerationSizeMb: Number(youngMb) },
      args: { perMs, keys: KEYS, events, sizeMs: SIZE_MS, slideMs: SLIDE_MS, startsAt, fromMs: WARM_UP_MS, toMs, folder },
      options: { 'checkpoint.dir': join(folder, 'checkpoints'), 'checkpoint.interval': interval, 'restart.strategy': 'none' },
      onCheckpoint: (each) => checkpoints.push(each),
    });
    await job.done;
    const used = process.cpuUsage(cpu);
    const cores = (used.user + used.system) / 1000 / (LEAD_MS + toMs);
    const beside = await jitterOf(child);
    const seen = { ...collect(folder, checkRows(perMs, seconds)), checkpoints: checkpoints.map((each) => phasesOf(each, firstAt)) };
    const complete = checkpoints.filter(({ status }) => status === 'completed').length;
    const foreignLoad = watch.foreignLoad();
    return [...latencyLines(parallelism, seen, `${complete} of ${checkpoints.length} checkpoints complete, ${cores.toFixed(2)} cores`), jitterLine(`a bare timer of 1 ms in a second process, beside parallelism ${parallelism}`, beside)].map((line) => ({ ...line, foreignLoad }));
  });
}

function jitterOf(child) {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const histogram = new LogHistogram();
      histogram.add(message);
      resolve(histogram);
    });
    child.once('error', reject);
    child.send('stop');
  });
}

/** What the writers left, checked: each window has to have all its keys and events. */
function collect(folder, check) {
  const microseconds = new LogHistogram();
  const pauses = [];
  const windows = new Map();
  for (const name of readdirSync(folder).filter((each) => each.startsWith('sink-'))) {
    const left = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    microseconds.add(left.microseconds);
    pauses.push(...left.pauses);
    for (const { end, rows, events, worstMs } of left.windows) {
      const window = windows.get(end) ?? { rows: 0, events: 0, worstMs: 0 };
      windows.set(end, { rows: window.rows + rows, events: window.events + events, worstMs: Math.max(window.worstMs, worstMs) });
    }
  }
  check(windows);
  return { microseconds, pauses, windows };
}

function checkRows(perMs, seconds) {
  return (windows) => {
    const expected = (seconds * 1000) / SLIDE_MS + 1;
    if (windows.size !== expected) throw new Error(`${windows.size} windows came out, not ${expected}`);
    for (const [end, { rows, events }] of windows) {
      if (events !== perMs * SIZE_MS || rows !== Math.min(KEYS, perMs * SIZE_MS)) throw new Error(`the window that ends at ${end} has ${rows} rows of ${events} events`);
    }
  };
}

function latencyLines(parallelism, { microseconds, pauses, windows, checkpoints }, detail) {
  const part = 'latency';
  const what = (name) => `end of a window to its rows at the sink, parallelism ${parallelism}: ${name}`;
  const ms = (q) => microseconds.quantile(q) / 1000;
  const lines = [{ part, what: what('p50'), value: ms(0.5), unit: 'ms', detail: `${microseconds.count} rows; ${detail}` }];
  for (const [name, { q, goal, floor }] of Object.entries(GOALS)) {
    if (name === 'p99.99') lines.push({ part, what: what('p99.9'), value: ms(0.999), unit: 'ms' });
    lines.push({ part, what: what(name), value: ms(q), unit: 'ms', goal: `≤ ${floor} ms, goal ${goal} ms`, holds: ms(q) <= floor });
  }
  lines.push({ part, what: what('max'), value: microseconds.max / 1000, unit: 'ms', detail: besideCheckpoints(windows, checkpoints) });
  pauses.sort((left, right) => left - right);
  const inAll = pauses.reduce((sum, each) => sum + each, 0);
  lines.push({ part, what: `pauses of the collector, parallelism ${parallelism}: worst`, value: pauses.at(-1) ?? 0, unit: 'ms', detail: `${pauses.length} in all, ${inAll.toFixed(0)} ms; median ${(quantile(pauses, 0.5) ?? 0).toFixed(1)} ms, p90 ${(quantile(pauses, 0.9) ?? 0).toFixed(1)} ms` });
  return lines;
}

/** When a checkpoint's barriers and snapshots were under way, when it was being stored, and for how long records stood still at the worst; in milliseconds of the run. */
function phasesOf({ triggeredAt, durationMs, subtasks, syncMs, longestSliceMs, alignmentMs }, firstAt) {
  const from = triggeredAt - firstAt;
  const written = subtasks.reduce((most, each) => Math.max(most, each.startDelayMs + each.alignmentMs + each.syncMs + each.asyncMs), 0);
  return { from, written: from + written, to: from + durationMs, syncMs, longestSliceMs, alignmentMs };
}

/** The worst of the windows that were due while a checkpoint was being taken, while it was stored or shortly after, and of all others. */
function besideCheckpoints(windows, checkpoints) {
  const worst = { taken: 0, stored: 0, outside: 0 };
  for (const [end, { worstMs }] of windows) {
    const at = end - FIRST_TIME;
    const isIn = (from, to) => at + worstMs >= from && at <= to;
    let phase = 'outside';
    if (checkpoints.some(({ from, written }) => isIn(from, written))) phase = 'taken';
    else if (checkpoints.some(({ written, to }) => isIn(written, to + BEHIND_MS))) phase = 'stored';
    worst[phase] = Math.max(worst[phase], worstMs);
  }
  const most = (of) => checkpoints.reduce((largest, each) => Math.max(largest, each[of] ?? 0), 0).toFixed(1);
  const parts = `longest slice ${most('longestSliceMs')} ms, barrier ${most('syncMs')} ms, alignment ${most('alignmentMs')} ms`;
  return `while a checkpoint is taken ${worst.taken.toFixed(1)} ms (${parts}), while it is stored ${worst.stored.toFixed(1)} ms, else ${worst.outside.toFixed(1)} ms`;
}

function jitterLine(what, microseconds) {
  const ms = (q) => (microseconds.quantile(q) / 1000).toFixed(2);
  return { part: 'latency', what: `${what}: lateness, p99`, value: microseconds.quantile(0.99) / 1000, unit: 'ms', detail: `p50 ${ms(0.5)}, p99.9 ${ms(0.999)}, p99.99 ${ms(0.9999)}, max ${(microseconds.max / 1000).toFixed(2)} ms` };
}

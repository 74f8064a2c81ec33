// npm run bench -- nexmark [--queries q5,q7] [--events N] [--parallelism P] [--checkpoint-interval 10s] [--profile] [--json] …
import { parseArgs } from 'node:util';
import { parseDuration } from 'millrace/spi';
import { machineLine } from '../../lib/machine.mjs';
import { againstSettings } from './against-settings.mjs';
import { bundle } from './build.mjs';
import { figuresOf } from './figures.mjs';
import { inFreshProcess } from './processes.mjs';
import { profile } from './profile.mjs';
import { jsonOf, tableOf } from './report.mjs';
import { keep } from './results.mjs';

const HELP = `npm run bench -- nexmark [options]

  --queries q5,q7            some of q0 to q22; all unless given
  --events N                 events of a slice; 3000000 unless given (1000000 with --verify)
  --slices N                 slices that count; 5 unless given
  --parallelism P            instances of everything; 1 unless given
  --checkpoint-interval 10s  between two checkpoints of the engine
  --process fresh|one|both   a fresh process for each query (default), all in one process, or both
  --verify                   only compares results: parallelism 1, 2 and 4, and after a restart; at 1000000 events unless given
  --against flink            fourteen of the queries on Apache Flink, in turns with ours; needs Maven and Java 17, takes about 20 minutes
    --forms sql,sql-flat     some of datastream (heap), sql and sql-rocksdb (nested rows, as published), sql-flat (a flat table of bids); all unless given
    --rounds N               rounds that count; 3 unless given
    --events N               events of a round; 3000000 for datastream and 1000000 for SQL unless given
    --verify                 only compares results
    --mini-batch             SQL in mini-batches of 2 s and at most 50000 rows
  --profile                  a profile of the engine for each query, for the usual tools of V8
  --save                     keeps the figures in benchmarks/results, as a run of all queries does
  --json                     one line per query, for programs
`;
const WARM_UP_EVENTS = 1_000_000;
const SLICE_EVENTS = 3_000_000;
const NAMES = Array.from({ length: 23 }, (_, number) => `q${number}`);

/** The benchmark, with the arguments behind its name. */
export async function main(args) {
  const settings = readSettings(args);
  if (settings === undefined) return;
  if (settings.against !== undefined) return (await import('./against.mjs')).against(settings.against);
  if (settings.profile) return profile(settings);
  if (settings.verify) return verify(settings);
  process.stderr.write(`${machineLine()}\n`);
  const script = await bundle('case');
  const rows = await compare(script, settings);
  for (const process_ of settings.process === 'both' ? ['fresh', 'one'] : [settings.process]) {
    const lines = await measure(script, settings, process_, rows);
    if (settings.json) process.stdout.write(lines.map((line) => `${jsonOf(line)}\n`).join(''));
    else process.stdout.write(`\n${process_ === 'one' ? 'all in one process' : 'each in a fresh process'}, ${about(settings)}\n${tableOf(lines)}\n`);
    if (settings.save || settings.queries.length === NAMES.length) keep(`nexmark-${process_}`, { process: process_, about: about(settings) }, lines);
  }
}

async function compare(script, settings) {
  const rows = new Map();
  const take = (line) => {
    if (line.hand !== line.engine) throw new Error(`${line.query}: the results differ; by hand ${line.hand}, of the engine ${line.engine}`);
    rows.set(line.query, line);
  };
  process.stderr.write('  comparing results …\n');
  await inFreshProcess(script, { ...settings.case, mode: 'rows', events: Math.min(settings.events, WARM_UP_EVENTS) }, { onMessage: take });
  return rows;
}

async function measure(script, settings, process_, rows) {
  const lines = [];
  // The watch is that of the process, which may have had other queries before.
  let cpu = 0;
  const take = (times, watch) => {
    const { rows: count, hand: hash } = rows.get(times.query);
    cpu += cpuOf(times);
    lines.push({ ...figuresOf(times, settings.events), process: process_, rows: count, hash, load: watch.foreignLoad(cpu) });
  };
  const groups = process_ === 'one' ? [settings.queries] : settings.queries.map((query) => [query]);
  for (const queries of groups) {
    process.stderr.write(`  ${queries.join(' ')} …\n`);
    cpu = 0;
    await inFreshProcess(script, { ...settings.case, queries }, { onMessage: take });
  }
  return lines;
}

/** The processor time of the slices, near enough to what the process took. */
function cpuOf({ generator, hand, engine }) {
  const sum = (times) => times.reduce((total, { cpu }) => total + cpu, 0);
  return (sum(generator) + sum(hand) + sum(engine)) * (1 + 1 / engine.length);
}

/** The matrix of results. */
async function verify(settings) {
  const script = await bundle('verify-case');
  let failed = 0;
  await inFreshProcess(script, { ...settings.case, events: settings.events }, {
    onMessage: ({ query, what, right, detail }) => {
      if (!right) failed++;
      process.stdout.write(`${right ? 'equal ' : 'DIFFER'}  ${query.padEnd(4)} ${what}  ${detail}\n`);
    },
  });
  process.stdout.write(failed === 0 ? 'all results are equal\n' : `${failed} differ\n`);
  if (failed > 0) process.exitCode = 1;
}

function about({ events, slices, parallelism, checkpointInterval }) {
  return `${events} events, best (median) of ${slices}, parallelism ${parallelism}, checkpoints every ${checkpointInterval}; millions of events per second of processor time`;
}

function readSettings(args) {
  const { values } = parseArgs({
    args,
    options: {
      'queries': { type: 'string' }, 'events': { type: 'string' }, 'slices': { type: 'string', default: '5' },
      'parallelism': { type: 'string', default: '1' }, 'checkpoint-interval': { type: 'string', default: '10s' }, 'process': { type: 'string', default: 'fresh' },
      'verify': { type: 'boolean', default: false }, 'against': { type: 'string' }, 'profile': { type: 'boolean', default: false },
      'forms': { type: 'string' }, 'rounds': { type: 'string', default: '3' }, 'mini-batch': { type: 'boolean', default: false },
      'save': { type: 'boolean', default: false }, 'json': { type: 'boolean', default: false }, 'help': { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (values.against !== undefined) return readAgainst(values);
  const queries = values.queries?.split(',').map((name) => name.trim()) ?? NAMES;
  const unknown = queries.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) return wrongUse(`there is no query "${unknown}"; there are ${NAMES.join(', ')}`);
  if (!['fresh', 'one', 'both'].includes(values.process)) return wrongUse('--process is fresh, one or both');
  const events = values.events ?? (values.verify ? WARM_UP_EVENTS : SLICE_EVENTS);
  const numbers = { events: Number(events), slices: Number(values.slices), parallelism: Number(values.parallelism) };
  for (const [name, value] of Object.entries(numbers)) if (!(Number.isSafeInteger(value) && value > 0)) return wrongUse(`--${name} takes a whole number from 1`);
  const checkpointIntervalMs = parseDuration(values['checkpoint-interval'], '--checkpoint-interval');
  return {
    ...values, ...numbers, queries, checkpointInterval: values['checkpoint-interval'],
    case: { ...numbers, queries, checkpointIntervalMs, warmUpEvents: WARM_UP_EVENTS, mode: 'time' },
  };
}

function readAgainst(values) {
  try {
    return { against: againstSettings(values) };
  } catch (error) {
    if (error instanceof RangeError) return wrongUse(error.message);
    throw error;
  }
}

function wrongUse(problem) {
  process.stderr.write(`${problem}\n${HELP}`);
  process.exitCode = 2;
}

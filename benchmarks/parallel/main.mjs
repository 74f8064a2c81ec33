import { mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { listOfWholeNumbers, wholeNumbers, WrongUse } from '../lib/arguments.mjs';
import { machineLine, MachineWatch } from '../lib/machine.mjs';
import { median, spread } from '../lib/statistics.mjs';
import { table } from '../lib/table.mjs';
import { queryRun, usedFrom } from './query-run.mjs';
import { sideBySide } from './side-by-side.mjs';

const OUTPUT = fileURLToPath(new URL('../../node_modules/.cache/millrace-bench', import.meta.url));
const QUERIES = Array.from({ length: 23 }, (_, number) => `q${number}`);
/** So many events are handed out before the time begins that counts: what design and published figures call the warm-up. */
const WARM_UP = 1_000_000;
const FLOOR = 1.4;
const GOAL = 1.7;

/** npm run bench -- parallel [--queries q5,q15,q17] [--events 10000000,100000000] [--rounds N] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { queries: { type: 'string', default: 'q5,q15,q17' }, events: { type: 'string', default: '10000000,100000000' }, rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
  });
  const [rounds] = wholeNumbers(values, 'rounds');
  const lengths = listOfWholeNumbers(values, 'events', '10000000,100000000');
  const wrong = lengths.find((events) => events <= WARM_UP || events % 2 !== 0);
  if (wrong !== undefined) throw new WrongUse(`the first ${WARM_UP} events do not count, so --events takes more of them, and an even number, not ${wrong}`);
  const queries = values.queries.split(',').map((name) => name.trim());
  const unknown = queries.find((name) => !QUERIES.includes(name));
  if (unknown !== undefined) throw new WrongUse(`there is no query "${unknown}"; there are q0 to q22`);
  process.stderr.write(`${machineLine()}\n`);
  const url = await bundledJob();
  const lines = [];
  for (const events of lengths) for (const query of queries) lines.push(await compare(url, query, events, rounds));
  const takenAt = new Date().toISOString();
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt, lines }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${takenAt}\n${table(lines)}\n`);
}

/** The job and the queries are TypeScript; the engine stays outside. */
async function bundledJob() {
  mkdirSync(OUTPUT, { recursive: true });
  const outfile = `${OUTPUT}/parallel-job.mjs`;
  await build({
    entryPoints: [fileURLToPath(new URL('./job.ts', import.meta.url))],
    outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error', external: ['millrace', 'millrace/spi'],
  });
  return pathToFileURL(outfile);
}

/**
 * One worker, two processes side by side and two workers in turns, by the clock, from when the first source has come to the end of the warm-up until the
 * sinks close: all then still have the same events before them. The whole run, with the warm-up, stands beside it.
 */
async function compare(url, query, events, rounds) {
  process.stderr.write(`  parallel: ${query}, ${million(events)} events …\n`);
  const watch = new MachineWatch();
  const [one, apart, two] = [[], [], []];
  let otherCpuSeconds = 0;
  for (let round = 0; round < rounds; round++) {
    one.push(timed([await queryRun({ url, query, events, warmUp: WARM_UP, workers: 1 })]));
    const { runs, cpuSeconds } = await sideBySide({ url, query, events, warmUp: WARM_UP });
    apart.push(timed(runs));
    otherCpuSeconds += cpuSeconds;
    two.push(timed([await queryRun({ url, query, events, warmUp: WARM_UP, workers: 2 })]));
  }
  const ratios = ratiosOf(one, two, 'warm');
  const value = median(ratios);
  const [alone, beside, shared] = [one, apart, two].map((runs) => figures(runs, events));
  return {
    part: 'parallel',
    what: `${query}, ${million(events)} events: two workers as a multiple of one`,
    events,
    value,
    spread: spread(ratios),
    goal: `≥ ${FLOOR}, goal ${GOAL}`,
    holds: value >= FLOOR,
    // Processor time tells what two free cores could bring at best where others are at work too; two processes tell what this machine brings.
    detail:
      `two processes side by side ${median(ratiosOf(one, apart, 'warm')).toPrecision(3)}; ` +
      `${alone.rate}, ${beside.rate} and ${shared.rate} M events/s; ${alone.cpu}, ${beside.cpu} and ${shared.cpu} ns of processor time an event, so ${((2 * alone.cpu) / shared.cpu).toFixed(2)} at best; ` +
      `of the fastest runs ${ratioOfFastest(one, two).toPrecision(3)}, side by side ${ratioOfFastest(one, apart).toPrecision(3)}; ` +
      `with the warm-up ${median(ratiosOf(one, two, 'whole')).toPrecision(3)}, ${alone.wholeCpu} and ${shared.wholeCpu} ns; ${one[0].rows} and ${two[0].rows} rows`,
    foreignLoad: watch.foreignLoad(otherCpuSeconds),
  };
}

/** `10 million`. */
function million(events) {
  return `${events / 1e6} million`;
}

/** How many times as fast others were as one worker in each round, in a part of the run. */
function ratiosOf(one, others, part) {
  return one.map((run, round) => run[part].seconds / others[round][part].seconds);
}

/** How many times as fast the fastest run of others was as that of one worker: what a machine brings when it is not slowed down from outside. */
function ratioOfFastest(one, others) {
  const [first, second] = [one, others].map((runs) => Math.min(...runs.map(({ warm }) => warm.seconds)));
  return first / second;
}

/** Medians of some runs, to print. */
function figures(runs, events) {
  const ns = (part, count) => ((median(runs.map((run) => run[part].cpu)) * 1e9) / count).toFixed(0);
  const counted = events - WARM_UP;
  return { rate: (counted / 1e6 / median(runs.map(({ warm }) => warm.seconds))).toFixed(2), cpu: ns('warm', counted), wholeCpu: ns('whole', events) };
}

/** What runs at the same time took together. */
function timed(runs) {
  return { warm: usedFrom('warm', runs), whole: usedFrom('opened', runs), rows: runs.reduce((sum, { rows }) => sum + rows, 0) };
}

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { wholeNumbers, WrongUse } from '../lib/arguments.mjs';
import { engine } from '../lib/engine.mjs';
import { machineLine, MachineWatch } from '../lib/machine.mjs';
import { median, spread } from '../lib/statistics.mjs';
import { table } from '../lib/table.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const OUTPUT = fileURLToPath(new URL('../../node_modules/.cache/millrace-bench', import.meta.url));
const QUERIES = Array.from({ length: 23 }, (_, number) => `q${number}`);
/** So many events are handed out before the time begins that counts: what design and published figures call the warm-up. */
const WARM_UP = 1_000_000;
const FLOOR = 1.4;
const GOAL = 1.7;

/** npm run bench -- parallel [--queries q5,q15,q17] [--events N] [--rounds N] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { queries: { type: 'string', default: 'q5,q15,q17' }, events: { type: 'string', default: '10000000' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
  });
  const [events, rounds] = wholeNumbers(values, 'events', 'rounds');
  if (events <= WARM_UP) throw new WrongUse(`the first ${WARM_UP} events do not count, so --events takes more of them, not ${events}`);
  const queries = values.queries.split(',').map((name) => name.trim());
  const unknown = queries.find((name) => !QUERIES.includes(name));
  if (unknown !== undefined) throw new WrongUse(`there is no query "${unknown}"; there are q0 to q22`);
  process.stderr.write(`${machineLine()}\n`);
  const url = await bundledJob();
  const lines = [];
  for (const query of queries) lines.push(await compare(url, query, events, rounds));
  const takenAt = new Date().toISOString();
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt, events, lines }, undefined, 2)}\n`);
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
 * One worker and two in turns, by the clock, from when the first source has come to the end of the warm-up until the sinks close: both then still have the
 * same events before them. The whole run, with the warm-up, stands beside it.
 */
async function compare(url, query, events, rounds) {
  process.stderr.write(`  parallel: ${query} …\n`);
  const watch = new MachineWatch();
  const runs = { 1: [], 2: [] };
  for (let round = 0; round < rounds; round++) for (const workers of [1, 2]) runs[workers].push(await timed(url, query, events, workers));
  const ratios = ratiosOf(runs, 'warm');
  const value = median(ratios);
  const [one, two] = [1, 2].map((workers) => figures(runs[workers], events));
  return {
    part: 'parallel',
    what: `${query}: two workers as a multiple of one`,
    value,
    spread: spread(ratios),
    goal: `≥ ${FLOOR}, goal ${GOAL}`,
    holds: value >= FLOOR,
    // Processor time tells what two free cores could bring at best where others are at work too.
    detail:
      `${one.rate} and ${two.rate} M events/s; ${one.cpu} and ${two.cpu} ns of processor time an event, so ${((2 * one.cpu) / two.cpu).toFixed(2)} at best; ` +
      `of the fastest runs ${ratioOfFastest(runs).toPrecision(3)}; with the warm-up ${median(ratiosOf(runs, 'whole')).toPrecision(3)}, ${one.wholeCpu} and ${two.wholeCpu} ns; ${runs[1][0].rows} and ${runs[2][0].rows} rows`,
    foreignLoad: watch.foreignLoad(),
  };
}

/** How many times as fast two workers were as one in each round, in a part of the run. */
function ratiosOf(runs, part) {
  return runs[1].map((run, round) => run[part].seconds / runs[2][round][part].seconds);
}

/** How many times as fast the fastest run of two workers was as that of one: what a machine brings when it is not slowed down from outside. */
function ratioOfFastest(runs) {
  const [one, two] = [1, 2].map((workers) => Math.min(...runs[workers].map(({ warm }) => warm.seconds)));
  return one / two;
}

/** Medians of some runs, to print. */
function figures(runs, events) {
  const ns = (part, count) => ((median(runs.map((run) => run[part].cpu)) * 1e9) / count).toFixed(0);
  const counted = events - WARM_UP;
  return { rate: (counted / 1e6 / median(runs.map(({ warm }) => warm.seconds))).toFixed(2), cpu: ns('warm', counted), wholeCpu: ns('whole', events) };
}

function timed(url, query, events, workers) {
  return withTemporaryFolder(async (folder) => {
    const job = await engine.runJob(url, { parallelism: workers, workers, args: { query, events, warmUp: WARM_UP, folder } });
    const { recordsIn } = await job.done;
    if (recordsIn !== events) throw new Error(`${query} has read ${recordsIn} events, not ${events}`);
    const left = readdirSync(folder).filter((name) => /^(rows|warm)-.*\.json$/.test(name)).map((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')));
    const writers = left.filter(({ rows }) => rows !== undefined);
    const moments = (name) => left.flatMap((each) => each[name] ?? []);
    const between = (from, value) => Math.max(...moments('closed').map(value)) - Math.min(...moments(from).map(value));
    const used = (from) => ({ seconds: between(from, ({ at }) => at / 1000), cpu: between(from, ({ cpu }) => cpu) });
    return { warm: used('warm'), whole: used('opened'), rows: writers.reduce((sum, { rows }) => sum + rows, 0) };
  });
}

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
const FLOOR = 1.4;
const GOAL = 1.7;

/** npm run bench -- parallel [--queries q5,q15,q17] [--events N] [--rounds N] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { queries: { type: 'string', default: 'q5,q15,q17' }, events: { type: 'string', default: '10000000' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
  });
  const [events, rounds] = wholeNumbers(values, 'events', 'rounds');
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

/** One worker and two in turns, by the clock, from when the sinks are open until they close. */
async function compare(url, query, events, rounds) {
  process.stderr.write(`  parallel: ${query} …\n`);
  const watch = new MachineWatch();
  const runs = { 1: [], 2: [] };
  for (let round = 0; round < rounds; round++) for (const workers of [1, 2]) runs[workers].push(await timed(url, query, events, workers));
  const ratios = runs[1].map(({ seconds }, round) => seconds / runs[2][round].seconds);
  const value = median(ratios);
  const cpu = [1, 2].map((workers) => median(runs[workers].map((run) => run.cpuSeconds)));
  const perEvent = (workers) => ((cpu[workers - 1] * 1e9) / events).toFixed(0);
  const rate = (workers) => `${(events / 1e6 / median(runs[workers].map(({ seconds }) => seconds))).toFixed(2)} M events/s`;
  return {
    part: 'parallel',
    what: `${query}: two workers as a multiple of one`,
    value,
    spread: spread(ratios),
    goal: `≥ ${FLOOR}, goal ${GOAL}`,
    holds: value >= FLOOR,
    // Processor time tells what two free cores could bring at best where others are at work too.
    detail: `${rate(1)} and ${rate(2)}; ${perEvent(1)} and ${perEvent(2)} ns of processor time an event, so ${((2 * cpu[0]) / cpu[1]).toFixed(2)} at best; ${runs[1][0].rows} and ${runs[2][0].rows} rows`,
    foreignLoad: watch.foreignLoad(),
  };
}

function timed(url, query, events, workers) {
  return withTemporaryFolder(async (folder) => {
    const job = await engine.runJob(url, { parallelism: workers, workers, args: { query, events, folder } });
    const { recordsIn } = await job.done;
    if (recordsIn !== events) throw new Error(`${query} has read ${recordsIn} events, not ${events}`);
    const writers = readdirSync(folder).filter((name) => /^rows-.*\.json$/.test(name)).map((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')));
    const between = (from, to) => Math.max(...writers.map((writer) => writer[to])) - Math.min(...writers.map((writer) => writer[from]));
    return { seconds: between('openedAt', 'closedAt') / 1000, cpuSeconds: between('cpuAtOpen', 'cpuAtClose'), rows: writers.reduce((sum, { rows }) => sum + rows, 0) };
  });
}

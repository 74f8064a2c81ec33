// npm run bench: lists the benchmarks; npm run bench -- pipeline [part …] [--json] [--smoke]: runs one.
import { parseArgs } from 'node:util';
import { machineLine } from './lib/machine.mjs';
import { runPart } from './lib/run-part.mjs';
import { table } from './lib/table.mjs';
import { checkpointParts } from './checkpoints/parts.mjs';
import { formatParts } from './formats/parts.mjs';
import { pipelineParts } from './pipeline/parts.mjs';
import { startParts } from './start/parts.mjs';

const BENCHMARKS = { pipeline: pipelineParts, checkpoints: checkpointParts, formats: formatParts, start: startParts };

/** Those with options of their own. */
const COMMANDS = {
  nexmark: './nexmark/bench/main.mjs',
  micro: './micro/main.mjs',
  latency: './latency/main.mjs',
  long: './long/main.mjs',
  parallel: './parallel/main.mjs',
  'event-log': './event-log.mjs',
  kafka: './kafka/main.mjs',
};

const command = process.argv[2];
if (command !== undefined && Object.hasOwn(COMMANDS, command)) {
  await (await import(COMMANDS[command])).main(process.argv.slice(3));
  process.exit();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, smoke: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
});
const [benchmark, ...chosen] = positionals;

if (benchmark === undefined || values.help) list();
else if (!(benchmark in BENCHMARKS)) wrongUse(`there is no benchmark "${benchmark}"`);
else await run(BENCHMARKS[benchmark]);

async function run(parts) {
  const names = chosen.length === 0 ? Object.keys(parts) : chosen;
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined) return wrongUse(`there is no part "${unknown}" in ${benchmark}; there are ${Object.keys(parts).join(', ')}`);
  if (values.smoke) return smoke(parts, names);
  process.stderr.write(`${machineLine()}\n`);
  const lines = [];
  for (const name of names) lines.push(...(await runPart(parts[name].href, (await import(parts[name].href)).part)));
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt: new Date().toISOString(), lines }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${new Date().toISOString()}\n${table(lines)}\n`);
}

/** Tiny sizes, in this process: only whether all parts run and the rows are equal. */
async function smoke(parts, names) {
  for (const name of names) {
    const { part } = await import(parts[name].href);
    for (const each of part.cases) await part.run(each, { smoke: true });
    process.stdout.write(`${name}: as it should be\n`);
  }
}

function list() {
  process.stdout.write('npm run bench -- BENCHMARK [PART …] [--json] [--smoke]\n\n');
  for (const [name, parts] of Object.entries(BENCHMARKS)) process.stdout.write(`${name}: ${Object.keys(parts).join(', ')}\n`);
  process.stdout.write('micro: codec, exchange, timers, state, windows, watermarks, snapshot, restore; npm run bench -- micro [PART …] [--guard] [--record] [--smoke] [--json]\n');
  process.stdout.write('latency: a window every 20 ms at 200,000 events/s; npm run bench -- latency [--rate N] [--seconds N] [--parallelism 1,2]\n');
  process.stdout.write('long: memory over minutes; npm run bench -- long [--minutes N] [--backend heap|log]\n');
  process.stdout.write('parallel: queries of nexmark on two workers and on one; npm run bench -- parallel [--queries q5,…] [--events N]\n');
  process.stdout.write('event-log: append, read, recovery, tail; npm run bench -- event-log [--records N] [--rounds N] [--recovery-mb N]\n');
  process.stdout.write('kafka: source and sink against the driver; npm run bench -- kafka [--records N] [--rounds N]\n');
  process.stdout.write('nexmark: queries q0 to q22; npm run bench -- nexmark --help\n');
}

function wrongUse(problem) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}

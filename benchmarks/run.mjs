// npm run bench: lists the benchmarks; npm run bench -- pipeline [part …] [--json] [--smoke]: runs one.
import { parseArgs } from 'node:util';
import { COMMANDS, usageOf } from './commands.mjs';
import { misuseOf } from './lib/arguments.mjs';
import { machineLine } from './lib/machine.mjs';
import { runPart } from './lib/run-part.mjs';
import { table } from './lib/table.mjs';
import { checkpointParts } from './checkpoints/parts.mjs';
import { formatParts } from './formats/parts.mjs';
import { pipelineParts } from './pipeline/parts.mjs';
import { startParts } from './start/parts.mjs';

const BENCHMARKS = { pipeline: pipelineParts, checkpoints: checkpointParts, formats: formatParts, start: startParts };

/** A line about each part, for the help. */
const ABOUT = {
  pipeline: {
    fresh: 'map, filter, keyBy and a tumbling window against a loop, RxJS, Node streams and async generators',
    polluted: 'the same against the loop, after twenty other jobs in the process',
    orders: 'order statistics from a file of a million JSON lines, against a loop',
    sliding: 'sliding windows against tumbling ones',
    keys: 'memory of a million keys against a Map',
    'first-result': 'start of the process to the first row of a new job',
    releases: 'turns of the event loop when a million windows or ten million timers are due',
  },
  checkpoints: {
    throughput: 'what checkpoints take off the throughput, a million keys',
    pause: 'the worst pause during a checkpoint',
    'slow-sink': 'checkpoints and memory behind a sink of a hundred records a second; two minutes',
    incremental: 'what an incremental checkpoint writes',
  },
  formats: { avro: 'decoding and encoding against avsc' },
  start: { 'first-result': 'start of the process to the first row of a new job', 'idle-memory': 'memory of a job without input' },
};

const command = process.argv[2];
if (command !== undefined && Object.hasOwn(COMMANDS, command)) {
  await runCommand(command, process.argv.slice(3));
  process.exit();
}

const { values, positionals } = readArguments();
const [benchmark, ...chosen] = positionals;

if (benchmark === undefined) list();
else if (!Object.hasOwn(BENCHMARKS, benchmark)) wrongUse(`there is no benchmark "${benchmark}"; npm run bench lists them`);
else if (values.help) help();
else await run(BENCHMARKS[benchmark]);

/** One with options of its own. */
async function runCommand(name, args) {
  if (COMMANDS[name].options !== undefined && args.some((arg) => arg === '--help' || arg === '-h')) {
    process.stdout.write(usageOf(name));
    return;
  }
  try {
    await (await import(COMMANDS[name].module)).main(args);
  } catch (error) {
    const misuse = misuseOf(error);
    if (misuse === undefined) throw error;
    wrongUse(`${misuse}\nAll options: npm run bench -- ${name} --help`);
  }
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, smoke: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
  } catch (error) {
    const misuse = misuseOf(error);
    if (misuse === undefined) throw error;
    wrongUse(`${misuse}\nWhat there is: npm run bench`);
    process.exit();
  }
}

async function run(parts) {
  const names = chosen.length === 0 ? Object.keys(parts) : chosen;
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
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

function help() {
  const parts = Object.keys(BENCHMARKS[benchmark]);
  const width = Math.max('--smoke'.length, ...parts.map((part) => part.length));
  const lines = [...parts.map((part) => [part, ABOUT[benchmark][part]]), ['--smoke', 'tiny sizes: only whether all parts run and the rows are equal'], ['--json', 'for programs']];
  process.stdout.write(`npm run bench -- ${benchmark} [PART …] [options]; all parts unless some are named\n\n${lines.map(([name, about]) => `  ${name.padEnd(width)}  ${about}\n`).join('')}`);
}

function list() {
  process.stdout.write('npm run bench -- BENCHMARK [PART …] [--json] [--smoke]\n\n');
  for (const [name, parts] of Object.entries(BENCHMARKS)) process.stdout.write(`${name}: ${Object.keys(parts).join(', ')}\n`);
  process.stdout.write('\nWith options of their own, npm run bench -- BENCHMARK --help:\n\n');
  for (const [name, { about }] of Object.entries(COMMANDS)) process.stdout.write(`${name}: ${about}\n`);
  process.stdout.write('\nWhat they measure, how, and the figures: benchmarks/README.md\n');
}

function wrongUse(problem) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}

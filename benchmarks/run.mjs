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

const command = process.argv[2];
if (command !== undefined && Object.hasOwn(COMMANDS, command)) {
  await runCommand(command, process.argv.slice(3));
  process.exit();
}

const { values, positionals } = readArguments();
const [benchmark, ...chosen] = positionals;

if (benchmark === undefined || values.help) list();
else if (!Object.hasOwn(BENCHMARKS, benchmark)) wrongUse(`there is no benchmark "${benchmark}"; npm run bench lists them`);
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

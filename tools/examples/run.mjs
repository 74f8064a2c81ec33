// npm run example: runs the examples through the command line and compares what they commit with what is expected.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finish } from '../lib/finish.mjs';
import { REPOSITORY } from '../lib/paths.mjs';
import { counts, duration } from '../lib/report.mjs';
import { run } from '../lib/run.mjs';
import { committedLines, difference, lines, misfit } from './compare.mjs';
import * as kafka from './kafka.mjs';

const EXAMPLES = join(REPOSITORY, 'examples');
const COMMAND = join(REPOSITORY, 'packages', 'millrace', 'bin', 'millrace.js');

async function main() {
  const wanted = process.argv.slice(2).find((word, index, all) => !word.startsWith('--') && all[index - 1] !== '--counts') ?? '';
  const names = readdirSync(EXAMPLES).filter((name) => /^\d\d-/.test(name) && name.startsWith(wanted)).sort();
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const { name, spec, parallelism } of names.flatMap(runsOf)) {
    const title = `${name}${spec.name === undefined ? '' : `: ${spec.name}`} (parallelism ${parallelism})`;
    const missing = spec.kafka === undefined ? undefined : await kafka.unavailable();
    if (missing !== undefined) {
      skipped += 1;
      console.log(`SKIPPED ${title}: ${missing}`);
      continue;
    }
    const start = performance.now();
    const complaints = await runExample(join(EXAMPLES, name), spec, parallelism);
    if (complaints.length === 0) passed += 1;
    else failed += 1;
    console.log(`${complaints.length === 0 ? 'ok  ' : 'FAIL'} ${title} in ${duration(performance.now() - start)}`);
    for (const complaint of complaints) console.log(complaint);
  }
  if (names.length === 0) console.log(`There is no example that starts with "${wanted}".`);
  await kafka.stopKafka();
  finish(counts(passed, names.length === 0 ? 1 : failed, skipped));
}

function runsOf(name) {
  const file = join(EXAMPLES, name, 'example.json');
  if (!existsSync(file)) return [{ name, spec: { name: 'example.json is missing', expect: {} }, parallelism: 1 }];
  return JSON.parse(readFileSync(file, 'utf8')).runs.flatMap((spec) => (spec.parallelism ?? [1]).map((parallelism) => ({ name, spec, parallelism })));
}

async function runExample(folder, spec, parallelism) {
  const output = mkdtempSync(join(tmpdir(), 'millrace-example-'));
  try {
    const mark = randomUUID().slice(0, 8);
    const brokers = spec.kafka === undefined ? '' : await kafka.prepareTopics(spec.kafka, folder, mark);
    const fill = (words = []) => words.map((word) => word.replaceAll('{output}', output).replaceAll('{brokers}', brokers).replaceAll('{run}', mark));
    const args = fill(spec.args);
    const command = [COMMAND, 'run', 'job.ts', '--parallelism', String(parallelism), ...fill(spec.options), ...(args.length === 0 ? [] : ['--', ...args])];
    const result = await run(process.execPath, command, { cwd: folder, timeoutMs: spec.timeoutMs ?? 60_000 });
    if (result.code !== 0) return [`  exit code ${result.code}\n${result.stderr}${result.stdout}`];
    const expectations = Object.entries(spec.expect ?? {});
    if (expectations.length === 0) return ['  it expects nothing; see tools/examples/README.md'];
    const found = new Map();
    for (const [place] of expectations) found.set(place, await outcome(place, result, output, mark));
    return expectations.flatMap(([place, expected]) => {
      const actual = found.get(place);
      const complaint = typeof expected === 'string' ? difference(lines(readFileSync(join(folder, expected), 'utf8')), actual) : misfit(actual, expected);
      return complaint === undefined ? [] : [`  ${place}: ${complaint}`];
    });
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** The lines that came out at a place. */
async function outcome(place, result, output, mark) {
  if (place === 'stdout') return lines(result.stdout);
  return place.startsWith('kafka:') ? kafka.committedRecords(`${place.slice('kafka:'.length)}-${mark}`) : committedLines(join(output, place));
}

await main();

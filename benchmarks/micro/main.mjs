import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machineLine } from '../lib/machine.mjs';
import { runPart } from '../lib/run-part.mjs';
import { table } from '../lib/table.mjs';
import { ALLOWED_LOSS, compare, nameOf, recordOf } from './guard.mjs';
import { microParts } from './parts.mjs';

const RECORDED = fileURLToPath(new URL('./recorded.json', import.meta.url));
/** What is too low is measured so often in all before it counts: one slow process is no loss. */
const TRIES = 3;

/** npm run bench -- micro [part …] [--guard] [--record] [--smoke] [--json] */
export async function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { guard: { type: 'boolean' }, record: { type: 'boolean' }, smoke: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const names = positionals.length === 0 ? Object.keys(microParts) : positionals;
  const unknown = names.find((name) => !Object.hasOwn(microParts, name));
  if (unknown !== undefined) return wrongUse(`there is no part "${unknown}" in micro; there are ${Object.keys(microParts).join(', ')}`);
  if (values.record && positionals.length > 0) return wrongUse('--record takes all parts, so that all figures of the file are of one run');
  if (values.guard && !existsSync(RECORDED)) return wrongUse('there is nothing to compare with: --record makes recorded.json');
  if (values.smoke) return smoke(names);
  process.stderr.write(`${machineLine()}\n`);
  const lines = [];
  for (const name of names) lines.push(...(await runPart(microParts[name].href, (await import(microParts[name].href)).part)));
  const takenAt = new Date().toISOString();
  const fallen = values.guard ? await fallenOf(lines) : [];
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt, lines, ...(values.guard ? { fallen } : {}) }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${takenAt}\n${table(lines)}\n`);
  if (values.record) record(lines, takenAt);
  if (values.guard) tell(fallen, lines.length);
}

/** Tiny sizes, in this process: only whether all parts run and what comes of them is equal. */
async function smoke(names) {
  for (const name of names) {
    const { part } = await import(microParts[name].href);
    for (const each of part.cases) await part.run(each, { smoke: true });
    process.stdout.write(`${name}: as it should be\n`);
  }
}

function record(lines, takenAt) {
  writeFileSync(RECORDED, `${JSON.stringify(recordOf(lines, { machine: machineLine(), takenAt }), undefined, 2)}\n`);
  process.stderr.write(`recorded in ${RECORDED}\n`);
}

/** What stays below what was recorded however often it is measured. The best of its tries stands in for it in `lines`. */
async function fallenOf(lines) {
  const recorded = JSON.parse(readFileSync(RECORDED, 'utf8'));
  if (recorded.machine !== machineLine()) process.stderr.write(`recorded on ${recorded.machine}: a ratio may differ here for that reason alone\n`);
  const { unknown } = compare(lines, recorded);
  for (const name of unknown) process.stderr.write(`nothing is recorded of "${name}"\n`);
  for (let attempt = 2; attempt <= TRIES; attempt++) {
    for (const miss of compare(lines, recorded).fallen) {
      process.stderr.write(`  ${nameOf(miss)} is ${miss.value.toPrecision(3)}, recorded ${miss.recorded}: try ${attempt} of ${TRIES}\n`);
      const url = microParts[miss.part].href;
      const [again] = await runPart(url, (await import(url)).part, [miss.what]);
      const at = lines.findIndex((line) => nameOf(line) === nameOf(miss));
      if (again.value > lines[at].value) lines[at] = again;
    }
  }
  return compare(lines, recorded).fallen;
}

function tell(fallen, count) {
  if (fallen.length === 0) {
    process.stderr.write(`all ${count} ratios are at most ${ALLOWED_LOSS * 100} % below what was recorded\n`);
    return;
  }
  process.stderr.write(`more than ${ALLOWED_LOSS * 100} % below what was recorded, ${TRIES} times over:\n`);
  for (const line of fallen) process.stderr.write(`  ${nameOf(line).padEnd(40)} ${line.value.toPrecision(3)}, recorded ${line.recorded} (${((line.value / line.recorded - 1) * 100).toFixed(0)} %)\n`);
  process.exitCode = 1;
}

function wrongUse(problem) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}

import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wholeNumberFromZero, wholeNumbers, WrongUse } from '../lib/arguments.mjs';
import { machineLine, MachineWatch } from '../lib/machine.mjs';
import { table } from '../lib/table.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const CHILD = fileURLToPath(new URL('./checkpoint-child.mjs', import.meta.url));
const LARGE_HEAP_MB = 160;

/** npm run bench -- disk-checkpoint [--keys N] [--touched N] [--large-mb N] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { keys: { type: 'string', default: '1000000' }, touched: { type: 'string', default: '10000' }, 'large-mb': { type: 'string', default: '0' }, json: { type: 'boolean', default: false } },
  });
  const [keys, touched] = wholeNumbers(values, 'keys', 'touched');
  if (touched > keys) throw new WrongUse(`--touched is ${touched}; there are only ${keys} keys`);
  // State of this size is saved and restored by processes whose heap is limited; 0 leaves it out.
  const lines = await measure({ keys, touched, largeMb: wholeNumberFromZero(values, 'large-mb') });
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt: new Date().toISOString(), lines }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${new Date().toISOString()}\n${table(lines)}\n`);
}

async function measure(sizes) {
  const watch = new MachineWatch();
  let childrenSeconds = 0;
  const child = async (what, backend, directory, execArgv) => {
    const result = await inChild(what, backend, directory, sizes, execArgv);
    childrenSeconds += result.cpuSeconds;
    return result;
  };
  const lines = await withTemporaryFolder(async (folder) => {
    const small = [];
    for (const backend of ['heap', 'log']) small.push(...linesOf(backend, sizes, await child('small', backend, join(folder, backend), [])));
    if (sizes.largeMb === 0) return small;
    const limited = [`--max-old-space-size=${LARGE_HEAP_MB}`, '--max-semi-space-size=16'];
    return [...small, ...largeLines(sizes, await child('save', 'log', folder, limited), await child('restore', 'log', folder, limited))];
  });
  const foreignLoad = watch.foreignLoad(childrenSeconds);
  return lines.map((line) => ({ foreignLoad, ...line }));
}

function linesOf(backend, { keys, touched }, { base, delta }) {
  const part = `${keys} keys, ${backend}`;
  return [
    { part, what: 'whole checkpoint', value: base.bytes / 2 ** 20, unit: 'MB', detail: `${base.cpuMs.toFixed(0)} ms of processor time` },
    { part, what: 'worst slice of it, 1 ms asked for', value: base.worstMs, unit: 'ms', goal: '≤ 25 ms', holds: base.worstMs <= 25, detail: `99.9 %: ${base.highMs.toFixed(2)} ms; processor time, collector within` },
    { part, what: `incremental checkpoint, ${touched} keys touched`, value: delta.bytes / 2 ** 20, unit: 'MB', detail: `${delta.cpuMs.toFixed(0)} ms of processor time` },
    { part, what: 'incremental against whole', value: delta.bytes / base.bytes, goal: '≤ 0.05', holds: delta.bytes / base.bytes <= 0.05 },
  ];
}

function largeLines({ largeMb }, saved, restored) {
  const part = `${largeMb} MB in a heap of ${LARGE_HEAP_MB} MB`;
  return [
    { part, what: 'whole checkpoint in the store', value: saved.bytes / 2 ** 20, unit: 'MB', detail: `filled in ${saved.fillSeconds.toFixed(0)} s, encoded in ${saved.encodeSeconds.toFixed(0)} s, stored in ${saved.storeSeconds.toFixed(0)} s` },
    { part, what: 'worst slice of it', value: saved.worstMs, unit: 'ms', detail: `99.9 %: ${saved.highMs.toFixed(2)} ms` },
    { part, what: 'resident memory at its peak, saving', value: saved.residentMb, unit: 'MB' },
    { part, what: 'resident memory at its peak, restoring', value: restored.residentMb, unit: 'MB', detail: `verified in ${restored.verifySeconds.toFixed(0)} s, restored in ${restored.restoreSeconds.toFixed(0)} s; every value compared` },
  ];
}

function inChild(what, backend, directory, { keys, touched, largeMb }, execArgv) {
  return new Promise((resolve, reject) => {
    const running = fork(CHILD, [what, backend, directory, keys, touched, largeMb].map(String), { execArgv });
    let result;
    running.on('message', (message) => (result = message));
    running.on('exit', (code) => (result === undefined ? reject(new Error(`${what} of ${backend} ended with ${code}`)) : resolve(result)));
  });
}

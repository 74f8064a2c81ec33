import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wholeNumberFromZero, wholeNumbers } from '../lib/arguments.mjs';
import { machineLine, MachineWatch } from '../lib/machine.mjs';
import { table } from '../lib/table.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const CHILD = fileURLToPath(new URL('./state-child.mjs', import.meta.url));

/** npm run bench -- disk-state [--keys N] [--updates N] [--churn N] [--json] */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { keys: { type: 'string', default: '1000000' }, updates: { type: 'string', default: '1000000' }, churn: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const [keys, updates] = wholeNumbers(values, 'keys', 'updates');
  // Updates on disk before those that count, so that compaction is under way.
  const churn = values.churn === undefined ? Math.floor(keys * 1.5) : wholeNumberFromZero(values, 'churn');
  const lines = await compare({ keys, updates, churn });
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt: new Date().toISOString(), lines }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${new Date().toISOString()}\n${table(lines)}\n`);
}

async function compare(sizes) {
  const watch = new MachineWatch();
  const [heap, log] = await withTemporaryFolder(async (folder) => [await child('heap', folder, sizes), await child('log', folder, sizes)]);
  const foreignLoad = watch.foreignLoad(heap.cpuSeconds + log.cpuSeconds);
  const part = `${sizes.keys} keys of 100 B`;
  return [
    { what: 'updates of the heap backend', value: heap.perSecond, unit: '/s' },
    { what: 'updates of the log backend', value: log.perSecond, unit: '/s' },
    { what: 'log against heap', value: log.perSecond / heap.perSecond, goal: '≥ 1/5', holds: log.perSecond / heap.perSecond >= 0.2 },
    { what: 'loading, log against heap', value: heap.loadSeconds / log.loadSeconds },
    { what: 'resident memory of the heap backend at its peak', value: heap.residentMb, unit: 'MB' },
    { what: 'resident memory of the log backend at its peak', value: log.residentMb, unit: 'MB', goal: '≤ 1 GB', holds: log.residentMb <= 1024 },
    { what: 'worst maintenance slice', value: log.worstMs, unit: 'ms', goal: '≤ 10 ms', holds: log.worstMs <= 10, detail: `99.9 %: ${log.highMs.toFixed(2)} ms; processor time, collector within` },
    { what: 'worst 500 updates', value: log.worstUpdateMs, unit: 'ms', detail: 'of the log backend, by the clock, collector within' },
    { what: 'files on disk', value: log.filesMb, unit: 'MB' },
  ].map((line) => ({ part, foreignLoad, ...line }));
}

function child(backend, folder, { keys, updates, churn }) {
  const directory = join(folder, backend);
  return new Promise((resolve, reject) => {
    const running = fork(CHILD, [backend, directory, keys, updates, churn].map(String), { execArgv: ['--max-semi-space-size=16'] });
    let result;
    running.on('message', (message) => (result = message));
    running.on('exit', (code) => (result === undefined ? reject(new Error(`${backend} ended with ${code}`)) : resolve(result)));
  });
}

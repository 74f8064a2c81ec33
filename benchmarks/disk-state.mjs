// node benchmarks/disk-state.mjs [--keys 1000000] [--updates 1000000] [--churn 1500000] [--json]: keyed state on disk against the heap, in turns of processes of their own.
import { fork } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machineLine, MachineWatch } from './lib/machine.mjs';
import { table } from './lib/table.mjs';
import { withTemporaryFolder } from './lib/temporary-folder.mjs';

const CORE = new URL('../packages/core/dist/', import.meta.url);
/** A subtask maintains its state now and then; here after so many updates, for at most so long. */
const UPDATES_PER_MAINTENANCE = 500;
const MAINTENANCE_MS = 1;

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000000' },
    updates: { type: 'string', default: '1000000' },
    // Updates on disk before those that count, so that compaction is under way; as many as keys and a half unless given.
    churn: { type: 'string' },
    json: { type: 'boolean', default: false },
    backend: { type: 'string' },
    directory: { type: 'string' },
  },
});
const keys = Number(values.keys);
const updates = Number(values.updates);
const churn = Number(values.churn ?? keys * 1.5);

if (values.backend === undefined) await compare();
else process.send(await measure(values.backend, values.directory), () => process.exit(0));

async function compare() {
  const watch = new MachineWatch();
  const [heap, log] = await withTemporaryFolder(async (folder) => [await child('heap', folder), await child('log', folder)]);
  const foreignLoad = watch.foreignLoad(heap.cpuSeconds + log.cpuSeconds);
  const part = `${keys} keys of 100 B`;
  const lines = [
    { what: 'updates of the heap backend', value: heap.perSecond, unit: '/s' },
    { what: 'updates of the log backend', value: log.perSecond, unit: '/s' },
    { what: 'log against heap', value: log.perSecond / heap.perSecond, goal: '≥ 1/5', holds: log.perSecond / heap.perSecond >= 0.2 },
    { what: 'loading, log against heap', value: heap.loadSeconds / log.loadSeconds },
    { what: 'resident memory of the heap backend at its peak', value: heap.residentMb, unit: 'MB' },
    { what: 'resident memory of the log backend at its peak', value: log.residentMb, unit: 'MB', goal: '≤ 1 GB', holds: log.residentMb <= 1024 },
    { what: 'worst maintenance slice', value: log.worstMs, unit: 'ms', goal: '≤ 10 ms', holds: log.worstMs <= 10, detail: `99.9 %: ${log.highMs.toFixed(2)} ms; processor time, collector within` },
    { what: `worst ${UPDATES_PER_MAINTENANCE} updates`, value: log.worstUpdateMs, unit: 'ms', detail: 'of the log backend, by the clock, collector within' },
    { what: 'files on disk', value: log.filesMb, unit: 'MB' },
  ].map((line) => ({ part, foreignLoad, ...line }));
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machineLine(), takenAt: new Date().toISOString(), lines }, undefined, 2)}\n`);
  else process.stdout.write(`${machineLine()}, ${new Date().toISOString()}\n${table(lines)}\n`);
}

function child(backend, folder) {
  const directory = join(folder, backend);
  return new Promise((resolve, reject) => {
    const running = fork(fileURLToPath(import.meta.url), ['--backend', backend, '--directory', directory, '--keys', values.keys, '--updates', values.updates, '--churn', String(churn)], {
      execArgv: ['--max-semi-space-size=16'],
    });
    let result;
    running.on('message', (message) => (result = message));
    running.on('exit', (code) => (result === undefined ? reject(new Error(`${backend} ended with ${code}`)) : resolve(result)));
  });
}

async function measure(name, directory) {
  const { nodePlatform } = await import(new URL('platform/node/node-platform.js', CORE).href);
  const { t } = await import(new URL('record/types/t.js', CORE).href);
  const { state } = await import(new URL('state/state-builders.js', CORE).href);
  const { heapStateBackendFactory } = await import(new URL('state/backends/heap/heap-state-backend.js', CORE).href);
  const { logStateBackendFactory } = await import(new URL('state/backends/log/log-state-backend.js', CORE).href);
  const platform = nodePlatform();
  const factory = name === 'heap' ? heapStateBackendFactory : logStateBackendFactory({ files: platform.files, random: platform.random, directory });
  const backend = factory.create({ operatorUid: 'bench', keyGroups: { first: 0, last: 127 }, maxParallelism: 128, keyType: t.string, clock: platform.clock });
  const value = backend.keyedState('v', state.value(t.struct({ count: t.number, text: t.string })));
  const slices = [];
  let worstUpdateMs = 0;
  const work = (count, keyAt) => {
    for (let at = 0; at < count; ) {
      const from = performance.now();
      for (const end = Math.min(count, at + UPDATES_PER_MAINTENANCE); at < end; at++) {
        const key = keyAt(at);
        backend.setCurrentKey(`user-${key}`);
        const known = value.value();
        if (known === undefined) value.update({ count: 1, text: String(key).padStart(88, 'x') });
        else {
          known.count++;
          value.update(known);
        }
      }
      const between = performance.now();
      const before = process.cpuUsage();
      backend.maintain(MAINTENANCE_MS);
      // Of processor time, which the collector's threads add to, but not whoever else is on the machine.
      const used = process.cpuUsage(before);
      slices.push((used.user + used.system) / 1000);
      worstUpdateMs = Math.max(worstUpdateMs, between - from);
    }
  };
  const loadedFrom = performance.now();
  work(keys, (at) => at);
  const loadSeconds = (performance.now() - loadedFrom) / 1000;
  let random = 12345;
  const next = () => {
    random = (Math.imul(random, 1664525) + 1013904223) | 0;
    return (random >>> 0) % keys;
  };
  work(name === 'log' ? churn : Math.min(updates, 100_000), next);
  slices.length = 0;
  worstUpdateMs = 0;
  const cpu = process.cpuUsage();
  work(updates, next);
  const used = process.cpuUsage(cpu);
  slices.sort((left, right) => left - right);
  const result = {
    // Of processor time, since the machine may be busy with other things.
    perSecond: updates / ((used.user + used.system) / 1e6),
    loadSeconds,
    residentMb: process.resourceUsage().maxRSS / 1024,
    worstMs: slices.at(-1) ?? 0,
    highMs: slices[Math.floor(slices.length * 0.999)] ?? 0,
    worstUpdateMs,
    filesMb: name === 'heap' ? 0 : sizeOf(directory),
    cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  };
  backend.close();
  return result;
}

function sizeOf(directory) {
  let bytes = 0;
  for (const entry of readdirSync(directory, { recursive: true })) {
    const status = statSync(join(directory, entry));
    if (status.isFile()) bytes += status.size;
  }
  return bytes / 2 ** 20;
}

// One backend of the disk-state benchmark, in a process of its own: loads, churns, updates, and sends the figures to its parent.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const CORE = new URL('../../packages/core/dist/', import.meta.url);
/** A subtask maintains its state now and then; here after so many updates, for at most so long. */
const UPDATES_PER_MAINTENANCE = 500;
const MAINTENANCE_MS = 1;

const [, , name, directory, ...sizes] = process.argv;
const [keys, updates, churn] = sizes.map(Number);
process.send(await measure(), () => process.exit(0));

async function measure() {
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

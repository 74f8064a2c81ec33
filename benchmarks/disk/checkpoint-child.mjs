// One part of the disk-checkpoint benchmark, in a process of its own: `small`, `save` or `restore`. Sends the figures to its parent.
import { join } from 'node:path';

const CORE = new URL('../../packages/core/dist/', import.meta.url);
const SLICE_MS = 1;
/** Updates between two slices of a snapshot, as a batch of records would make them. */
const UPDATES_PER_SLICE = 50;
const LARGE_VALUE_BYTES = 1024;

const [, , what, backend, directory, ...sizes] = process.argv;
const [keys, touched, largeMb] = sizes.map(Number);
process.send(await { small, save, restore }[what](backend, directory), () => process.exit(0));

async function engine(name, directory) {
  const load = (path) => import(new URL(path, CORE).href);
  const { nodePlatform } = await load('platform/node/node-platform.js');
  const { t } = await load('record/types/t.js');
  const { state } = await load('state/state-builders.js');
  const { heapStateBackendFactory } = await load('state/backends/heap/heap-state-backend.js');
  const { logStateBackendFactory } = await load('state/backends/log/log-state-backend.js');
  const { FileCheckpointStore } = await load('stores/file-checkpoint-store.js');
  const platform = nodePlatform();
  const factory = name === 'heap' ? heapStateBackendFactory : logStateBackendFactory({ files: platform.files, random: platform.random, directory: join(directory, 'work') });
  const backend = factory.create({ operatorUid: 'bench', keyGroups: { first: 0, last: 127 }, maxParallelism: 128, keyType: t.string, clock: platform.clock, files: platform.files });
  const declare = () => backend.keyedState('v', state.value(t.struct({ count: t.number, text: t.string })));
  return { platform, backend, declare, store: () => new FileCheckpointStore(platform, { directory: join(directory, 'checkpoints'), job: 'bench' }) };
}

/** Takes a snapshot in slices, with updates between them. */
function snapshot(backend, id, between = () => {}) {
  const slices = [];
  const startedAt = performance.now();
  const run = backend.beginSnapshot(id);
  let cpuMs = 0;
  for (let state = 'more'; state === 'more'; ) {
    const before = process.cpuUsage();
    state = run.advance(SLICE_MS);
    const used = process.cpuUsage(before);
    // Of processor time, which the collector's threads add to, but not whoever else is on the machine.
    slices.push((used.user + used.system) / 1000);
    cpuMs += slices.at(-1);
    between();
  }
  const result = run.result();
  slices.sort((left, right) => left - right);
  const bytes = result.keyGroups.reduce((sum, blob) => sum + (blob.bytes ?? blob.stretch).length, 0);
  return { result, timing: { bytes, cpuMs, seconds: (performance.now() - startedAt) / 1000, worstMs: slices.at(-1), highMs: slices[Math.floor(slices.length * 0.999)] } };
}

async function small(name, directory) {
  const { backend, declare } = await engine(name, directory);
  const value = declare();
  const touch = (key) => {
    backend.setCurrentKey(`user-${key}`);
    value.update({ count: (value.value()?.count ?? 0) + 1, text: String(key).padStart(88, 'x') });
  };
  for (let key = 0; key < keys; key++) touch(key);
  let random = 12345;
  const next = () => {
    random = (Math.imul(random, 1664525) + 1013904223) | 0;
    return (random >>> 0) % keys;
  };
  const base = snapshot(backend, 1, () => {
    for (let count = 0; count < UPDATES_PER_SLICE; count++) touch(next());
  });
  backend.snapshotComplete(1);
  // What changed while the first one was written is in this one, so it does not count.
  snapshot(backend, 2);
  backend.snapshotComplete(2);
  for (let count = 0; count < touched; count++) touch(count * Math.floor(keys / touched));
  const delta = snapshot(backend, 3);
  backend.close();
  return { base: base.timing, delta: delta.timing, cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6 };
}

function largeKeys() {
  return Math.floor((largeMb * 2 ** 20) / LARGE_VALUE_BYTES);
}

function largeText(key) {
  return String(key).padStart(LARGE_VALUE_BYTES - 40, 'x');
}

async function save(name, directory) {
  const { backend, declare, store } = await engine(name, directory);
  const value = declare();
  const startedAt = performance.now();
  for (let key = 0, end = largeKeys(); key < end; key++) {
    backend.setCurrentKey(`user-${key}`);
    value.update({ count: key, text: largeText(key) });
  }
  const fillSeconds = (performance.now() - startedAt) / 1000;
  const { result, timing } = snapshot(backend, 1);
  const checkpoints = store();
  await checkpoints.open();
  const from = performance.now();
  await checkpoints.write({ checkpointId: 1, job: 'bench', parts: new Map([['0/bench', result]]), sources: new Map() }, { kind: 'checkpoint', takenAt: Date.now(), fingerprint: 'f' });
  await checkpoints.markCommitting(1);
  const storeSeconds = (performance.now() - from) / 1000;
  backend.snapshotComplete(1);
  await checkpoints.close();
  backend.close();
  return { ...timing, fillSeconds, encodeSeconds: timing.seconds, storeSeconds, ...used() };
}

async function restore(name, directory) {
  const { backend, declare, store } = await engine(name, directory);
  const startedAt = performance.now();
  const newest = await store().newest();
  const verifiedAt = performance.now();
  backend.restore(newest.operators.get('bench'));
  const value = declare();
  const restoredAt = performance.now();
  if (backend.size !== largeKeys()) throw new Error(`${backend.size} of ${largeKeys()} keys are there`);
  for (let key = 0, end = largeKeys(); key < end; key++) {
    backend.setCurrentKey(`user-${key}`);
    const { count, text } = value.value() ?? {};
    if (count !== key || text !== largeText(key)) throw new Error(`key ${key} is wrong`);
  }
  backend.close();
  return { verifySeconds: (verifiedAt - startedAt) / 1000, restoreSeconds: (restoredAt - verifiedAt) / 1000, ...used() };
}

function used() {
  return { residentMb: process.resourceUsage().maxRSS / 1024, cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6 };
}

// A process with one keyed job that works off slices when it is told to, each with a checkpoint or without.
import { PerformanceObserver, constants } from 'node:perf_hooks';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';
import { KeyedJob } from './keyed-job.mjs';

const keys = Number(process.argv[2]);
let wholeCollections = 0;
const observer = new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) wholeCollections++;
});
observer.observe({ entryTypes: ['gc'] });

await withTemporaryFolder(async (directory) => {
  const job = new KeyedJob({ keys, directory });
  await job.load();
  answer('loaded');
  for await (const { kind, records, touched, withCheckpoint } of commands()) {
    if (kind === 'end') break;
    if (kind === 'settle') await job.touchAll();
    if (kind === 'slice') await Promise.all([job.slice(records, touched), withCheckpoint ? job.checkpoint() : undefined]);
    answer(kind);
  }
  await job.end();
});
answer('ended', () => process.exit(0));

/** Says what the whole process has used so far, so that nothing it does between two slices is lost. */
function answer(kind, then) {
  const { user, system } = process.cpuUsage();
  process.send({ kind, cpuMs: (user + system) / 1000, wholeCollections }, then);
}

async function* commands() {
  const waiting = [];
  let wake = () => {};
  process.on('message', (message) => {
    waiting.push(message);
    wake();
  });
  for (;;) {
    while (waiting.length > 0) yield waiting.shift();
    await new Promise((resolve) => (wake = resolve));
  }
}

// A process with one keyed job, with checkpoints or without, that works off slices when it is told to.
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';
import { KeyedJob } from './keyed-job.mjs';

const [, , keys, takes] = process.argv;

await withTemporaryFolder(async (directory) => {
  const job = new KeyedJob({ keys: Number(keys), ...(takes === 'with' ? { directory } : {}) });
  await job.load();
  if (takes === 'with') await job.checkpoint();
  process.send({ kind: 'loaded' });
  for await (const { kind, records, touched } of commands()) {
    if (kind === 'end') break;
    const before = process.cpuUsage();
    const startedAt = performance.now();
    await Promise.all([job.slice(records, touched), takes === 'with' ? job.checkpoint() : undefined]);
    const { user, system } = process.cpuUsage(before);
    process.send({ kind: 'slice', cpuMs: (user + system) / 1000, wallMs: performance.now() - startedAt });
  }
  await job.end();
});
const { user, system } = process.cpuUsage();
process.send({ kind: 'ended', cpuSeconds: (user + system) / 1e6 }, () => process.exit(0));

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

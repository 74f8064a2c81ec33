import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../lib/fresh-process.mjs';

const CHILD = fileURLToPath(new URL('./query-run-child.mjs', import.meta.url));

/**
 * The same work without anything shared: two processes with one worker and half of the events each, at the same time. What they bring is what the
 * machine gives to two threads of this work, caches and memory included.
 */
export async function sideBySide({ url, query, events, warmUp }) {
  const half = JSON.stringify({ url: url.href, query, events: events / 2, warmUp: warmUp / 2, workers: 1 });
  const found = await Promise.all([1, 2].map(() => inFreshProcess(CHILD, [half], query)));
  return { runs: found.map(({ run }) => run), cpuSeconds: found.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) };
}

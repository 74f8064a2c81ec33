import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./query-run-child.mjs', import.meta.url));

/**
 * The same work without anything shared: two processes with one worker and half of the events each, at the same time. What they bring is what the
 * machine gives to two threads of this work, caches and memory included.
 */
export async function sideBySide({ url, query, events, warmUp }) {
  const half = { url: url.href, query, events: events / 2, warmUp: warmUp / 2, workers: 1 };
  const found = await Promise.all([inProcessOfItsOwn(half), inProcessOfItsOwn(half)]);
  return { runs: found.map(({ run }) => run), cpuSeconds: found.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) };
}

function inProcessOfItsOwn(asked) {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [JSON.stringify(asked)], { stdio: ['ignore', 2, 2, 'ipc'] });
    let result;
    child.on('message', (message) => (result = message));
    child.on('error', reject);
    child.on('exit', (code) => (result === undefined ? reject(new Error(`a process of "${asked.query}" ended with ${code} and no result`)) : resolve(result)));
  });
}

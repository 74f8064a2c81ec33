// npm run kill-test:kafka -- [--rounds N] [--seed S] [--first R] [--sleeping]: orders → Kafka → windows at parallelism 2 → Kafka in real
// processes, killed with SIGKILL at every named point, the broker killed and started again in every fourth round; a reader
// of committed records must see every result once. 16 rounds hit every point. --sleeping: the process is stopped (SIGSTOP)
// at the point instead, another takes over, and the first wakes up; about 25 s a round.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { finish } from '../lib/finish.mjs';
import { counts } from '../lib/report.mjs';
import { kafkaUnavailable, ownKafka } from '../services/for-tests.mjs';
import { loadHost } from './load-host.mjs';
import { playRound } from './rounds.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '16' }, first: { type: 'string', default: '0' }, sleeping: { type: 'boolean', default: false }, seed: { type: 'string', default: String(Date.now() % 1_000_000) } } });
const unavailable = await kafkaUnavailable();
if (unavailable === undefined) await rounds(Number(values.rounds), Number(values.first));
else {
  console.error(`SKIPPED: ${unavailable}`);
  process.exitCode = 1;
}

async function rounds(count, first) {
  console.log(`kill test with Kafka: ${count} rounds from ${first} on, seed ${values.seed} (again with: npm run kill-test:kafka -- --rounds ${count} --first ${first} --seed ${values.seed}${values.sleeping ? ' --sleeping' : ''})`);
  const host = await loadHost();
  const server = await ownKafka();
  const hit = new Map(host.points.map((point) => [point, 0]));
  let exact = 0;
  try {
    for (let round = first; round < first + count; round++) {
      const start = Date.now();
      const broker = !values.sleeping && round % 4 === 3;
      const { problem, reached, folder } = await playRound(host, server, round, randomFrom(Number(values.seed) + round), { broker, sleeping: values.sleeping });
      for (const point of reached) hit.set(point, (hit.get(point) ?? 0) + 1);
      if (problem === undefined) exact++;
      console.log(`round ${round}: ${problem === undefined ? 'exact' : `${problem}\n  kept for a look: ${folder}`} (${reached.join(', ') || 'killed at a random moment'}${values.sleeping ? ', asleep' : ''}${broker ? ', broker killed' : ''}; ${((Date.now() - start) / 1000).toFixed(1)} s)`);
    }
  } finally {
    await server.remove();
    rmSync(host.folder, { recursive: true, force: true });
  }
  console.log(`killed at: ${[...hit].map(([point, times]) => `${point} ${times}`).join(' · ')}`);
  finish(counts(exact, count - exact));
}

/** A small repeatable generator of numbers in 0 … 1. */
function randomFrom(seed) {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

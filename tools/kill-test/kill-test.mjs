// npm run kill-test -- [--rounds N] [--seed S] [--first R]: a real job in real processes, killed with SIGKILL at named
//   points and at random moments, resumed at another parallelism and backend, and its committed output compared with
//   the oracle's. Each round is one job; 16 rounds hit every point. --first R begins with round R; --jobs J plays J at a time.
// npm run kill-test -- --modes: processes that sleep while another takes over, a full disk, damaged checkpoint files.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { closingLine, counts } from '../lib/report.mjs';
import { loadHost } from './load-host.mjs';
import { damagedFiles, diskFull, zombie } from './modes.mjs';
import { playRound } from './rounds.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '16' }, jobs: { type: 'string', default: '2' }, first: { type: 'string', default: '0' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) }, modes: { type: 'boolean' } } });
const host = await loadHost();
try {
  await (values.modes ? modes() : rounds(Number(values.rounds), Number(values.first)));
} finally {
  rmSync(host.folder, { recursive: true, force: true });
}

async function rounds(count, first) {
  console.log(`kill test: ${count} rounds from ${first} on, seed ${values.seed} (again with: npm run kill-test -- --rounds ${count} --first ${first} --seed ${values.seed})`);
  const hit = new Map(host.points.map((point) => [point, 0]));
  let exact = 0;
  let played = 0;
  let next = first;
  const play = async () => {
    const round = next++;
    if (round >= first + count) return;
    const { problem, reached, folder } = await playRound(host, round, randomFrom(Number(values.seed) + round));
    for (const point of reached) hit.set(point, (hit.get(point) ?? 0) + 1);
    if (problem === undefined) exact++;
    else console.error(`round ${round}: ${problem}\n  kept for a look: ${folder}`);
    played++;
    if (played % 10 === 0 || played === count) console.log(`${played} rounds, ${exact} exact`);
    await play();
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, play));
  console.log(`killed at: ${[...hit].map(([point, times]) => `${point} ${times}`).join(' · ')}`);
  const missed = count < host.points.length ? [] : [...hit].filter(([, times]) => times === 0).map(([point]) => point);
  if (missed.length > 0) console.error(`never killed at: ${missed.join(', ')}`);
  finish(exact, count - exact + missed.length);
}

async function modes() {
  let passed = 0;
  let failed = 0;
  const kinds = { 'stopped before a file is renamed': () => zombie(host), 'stopped before an acknowledgement': () => zombie(host, { point: 'before-ack', nth: 6 }), 'stopped before a manifest': () => zombie(host, { point: 'before-manifest', nth: 3 }), 'full disk': () => diskFull(host), 'damaged checkpoints': () => damagedFiles(host) };
  for (const [name, play] of Object.entries(kinds)) {
    const { problem, folder } = await play();
    console.log(`${name}: ${problem === undefined ? 'exact' : `${problem}\n  kept for a look: ${folder}`}`);
    if (problem === undefined) passed++;
    else failed++;
  }
  finish(passed, failed);
}

function finish(passed, failed) {
  console.log(closingLine(counts(passed, failed)));
  process.exitCode = failed === 0 ? 0 : 1;
}

/** A small repeatable generator of numbers in 0 … 1. */
function randomFrom(seed) {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  next();
  return next;
}

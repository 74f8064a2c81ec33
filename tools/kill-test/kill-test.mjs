// npm run kill-test -- [--rounds N] [--seed S]: runs the order statistics in real processes, kills them with SIGKILL at
// random moments, goes on from the last checkpoint at another parallelism, and compares what is committed in the end
// with the expected lines. Each round is one job, killed several times.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { REPOSITORY } from '../lib/paths.mjs';
import { closingLine, counts } from '../lib/report.mjs';

const EXAMPLE = join(REPOSITORY, 'examples/01-order-statistics');
const EXPECTED = linesOf(join(EXAMPLE, 'expected.ndjson'));
const KILLS_PER_ROUND = 4;
/** Slow enough that a kill falls into the middle, fast enough for many rounds. */
const RECORDS_PER_SECOND = 6000;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) } } });
const rounds = Number(values.rounds);
const chance = randomFrom(Number(values.seed));
console.log(`kill test: ${rounds} rounds of ${KILLS_PER_ROUND} kills, seed ${values.seed} (run again with: npm run kill-test -- --rounds ${rounds} --seed ${values.seed})`);

let passed = 0;
for (let round = 1; round <= rounds; round++) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
  const problem = await playRound(folder);
  if (problem === undefined) {
    passed++;
    rmSync(folder, { recursive: true, force: true });
  } else {
    console.error(`round ${round}: ${problem}\n  kept for a look: ${folder}`);
  }
  if (round % 10 === 0 || round === rounds) console.log(`${round} rounds, ${passed} exact`);
}
console.log(closingLine(counts(passed, rounds - passed)));
process.exitCode = passed === rounds ? 0 : 1;

/** One job from its start to its end, killed on the way. Gives what is wrong, or undefined. */
async function playRound(folder) {
  for (let kill = 0; kill < KILLS_PER_ROUND; kill++) {
    const run = start(folder, ['--rate', String(RECORDS_PER_SECOND)]);
    const ended = await killedAfter(run, 150 + chance() * 1600);
    if (ended.killed) {
      const seen = wrongLines(folder);
      if (seen !== undefined) return `after kill ${kill + 1}: ${seen}`;
    } else if (ended.code === 0) {
      break;
    } else {
      return `run ${kill + 1} ended with code ${ended.code}:\n${ended.errors}`;
    }
  }
  const last = await killedAfter(start(folder, []), 60_000);
  if (last.code !== 0) return `the last run ended with code ${last.code}:\n${last.errors}`;
  const missing = EXPECTED.length - committedLines(folder).length;
  return wrongLines(folder) ?? (missing === 0 ? undefined : `${missing} lines are missing`);
}

function start(folder, jobArguments) {
  const parallelism = 1 + Math.floor(chance() * 3);
  return spawn(
    process.execPath,
    [join(REPOSITORY, 'packages/millrace/bin/millrace.js'), 'run', join(EXAMPLE, 'job.ts'), '-p', String(parallelism),
      '--checkpoint-dir', join(folder, 'state'), '--checkpoint-interval', '100ms',
      '--', '--input', join(EXAMPLE, 'orders.ndjson'), '--output', join(folder, 'out'), ...jobArguments],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
}

/** Waits for the end of a run, or ends it with SIGKILL. */
function killedAfter(child, delayMs) {
  let errors = '';
  let killed = false;
  child.stderr.on('data', (data) => (errors += data));
  const timer = setTimeout(() => (killed = child.kill('SIGKILL')), delayMs);
  return new Promise((resolve) => child.on('close', (code) => {
    clearTimeout(timer);
    resolve({ code, killed: killed && code === null, errors });
  }));
}

/** Committed lines that an undisturbed run would not have, or that stand there twice; undefined when there are none. */
function wrongLines(folder) {
  const left = new Map();
  for (const line of EXPECTED) left.set(line, (left.get(line) ?? 0) + 1);
  for (const line of committedLines(folder)) {
    const count = left.get(line) ?? 0;
    if (count === 0) return `a committed line is wrong or doubled: ${line}`;
    left.set(line, count - 1);
  }
  return undefined;
}

/** What a reader sees: files without a leading dot. */
function committedLines(folder) {
  const out = join(folder, 'out');
  if (!existsSync(out)) return [];
  return readdirSync(out).filter((name) => !name.startsWith('.')).flatMap((name) => linesOf(join(out, name)));
}

function linesOf(file) {
  return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
}

/** A small repeatable generator of numbers in 0 … 1. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

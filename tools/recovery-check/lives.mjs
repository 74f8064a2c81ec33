import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { committedLines, difference, lines } from '../examples/compare.mjs';
import { REPOSITORY } from '../lib/paths.mjs';

const EXAMPLE = join(REPOSITORY, 'examples', '01-order-statistics');
const COMMAND = join(REPOSITORY, 'packages', 'millrace', 'bin', 'millrace.js');
const LIFE_LIMIT_MS = 60_000;

/** A command line `millrace …` in a process of its own; `ended` gives its exit code, signal and what it said. */
export function millrace(args) {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIFE_LIMIT_MS);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const life = { running: true, kill: () => child.kill('SIGKILL') };
  life.ended = new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      life.running = false;
      resolve({ code, signal, stdout, stderr });
    });
  });
  return life;
}

/** One job in its folder through all of its lives: where it keeps its state and output, and what should come out. */
export class Job {
  constructor(folder, backend) {
    this.backend = backend;
    this.state = join(folder, 'state');
    this.output = join(folder, 'statistics');
    this.expected = lines(readFileSync(join(EXAMPLE, 'expected.ndjson'), 'utf8'));
  }

  /** Starts the next life. Where `rate` is given it reads so many orders per second. */
  start({ parallelism, rate, state = this.state, resume }) {
    return millrace(['run', join(EXAMPLE, 'job.ts'), '-p', String(parallelism), '--state-backend', this.backend, '--checkpoint-dir', state, '--checkpoint-interval', '100ms',
      ...(resume === undefined ? [] : ['--resume', resume]),
      '--', '--input', join(EXAMPLE, 'orders.ndjson'), '--output', this.output, ...(rate === undefined ? [] : ['--rate', String(rate)])]);
  }

  /** The number of the newest complete checkpoint, 0 before the first. */
  newestCheckpoint() {
    if (!existsSync(this.state)) return 0;
    return Math.max(0, ...readdirSync(this.state).map((name) => Number(/^checkpoint-(\d+)\.json$/.exec(name)?.[1] ?? 0)));
  }

  committed() {
    return committedLines(this.output).length;
  }

  /** What is wrong with the lines that are committed so far, some of which may be missing; undefined when nothing is. */
  wrongSoFar() {
    const seen = new Map(this.expected.map((line) => [line, 0]));
    for (const line of committedLines(this.output)) {
      if (!seen.has(line)) return `a line that nobody expects: ${line}`;
      if (seen.get(line) > 0) return `a line came twice: ${line}`;
      seen.set(line, 1);
    }
    return undefined;
  }

  /** What is wrong in the end; undefined when the lines are exactly those of the oracle. */
  wrongAtEnd() {
    return difference(this.expected, committedLines(this.output));
  }
}

/** Waits for a condition while the process lives; false when it ended before. */
export async function until(life, condition) {
  while (life.running) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

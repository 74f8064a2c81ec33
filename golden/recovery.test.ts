/**
 * Examples with checkpoints on disk, cut off again and again and gone on with at another parallelism: what is
 * committed in the end is what an undisturbed run commits, each line once.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobResult } from 'millrace';
import events from '../examples/03-event-pipeline/job.js';
import orders from '../examples/01-order-statistics/job.js';
import visits from '../examples/02-visit-counter/job.js';

type Example = typeof orders | typeof visits | typeof events;

/** An example, its input, and the expected lines of each folder of its output. */
interface Case {
  readonly name: string;
  readonly job: Example;
  readonly input: string;
  readonly records: number;
  readonly expected: Readonly<Record<string, string>>;
}

const CASES: readonly Case[] = [
  { name: '01-order-statistics', job: orders, input: 'orders.ndjson', records: 10_000, expected: { '.': 'expected.ndjson' } },
  {
    name: '02-visit-counter', job: visits, input: 'visits.ndjson', records: 4_000,
    expected: { 'per-user': 'expected-per-user.ndjson', 'per-five-seconds': 'expected-per-five-seconds.ndjson' },
  },
  { name: '03-event-pipeline', job: events, input: 'events.ndjson', records: 9_000, expected: { windows: 'expected-windows.ndjson', late: 'expected-late.ndjson' } },
];

/** How long an undisturbed run takes at parallelism 1. */
const SECONDS = 1.2;
const LIMIT_MS = 10_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-golden-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const EXAMPLES = fileURLToPath(new URL('../examples', import.meta.url));
const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean);

function start({ name, job, input, records }: Case, parallelism: number, signal?: AbortSignal): Promise<JobResult> {
  return job.run({
    args: { input: join(EXAMPLES, name, input), output: join(folder, 'output'), rate: records / SECONDS },
    parallelism,
    options: { 'checkpoint.dir': join(folder, 'checkpoints'), 'checkpoint.interval': 30 },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A checkpoint is complete when its manifest is there. */
function newestCheckpoint(): number {
  if (!existsSync(join(folder, 'checkpoints'))) return 0;
  return Math.max(0, ...readdirSync(join(folder, 'checkpoints')).map((name) => Number(/^checkpoint-(\d+)\.json$/.exec(name)?.[1] ?? 0)));
}

/** Runs until two more checkpoints are complete, and cuts the job off. What it had not committed is gone. */
async function cutOff(example: Case, parallelism: number): Promise<JobResult> {
  const before = newestCheckpoint();
  const abort = new AbortController();
  const deadline = Date.now() + LIMIT_MS;
  const watch = setInterval(() => {
    if (newestCheckpoint() >= before + 2 || Date.now() > deadline) abort.abort();
  }, 5);
  try {
    return await start(example, parallelism, abort.signal);
  } finally {
    clearInterval(watch);
  }
}

function committed(place: string): readonly string[] {
  return readdirSync(join(folder, 'output', place))
    .filter((name) => name.endsWith('.ndjson') && !name.startsWith('.'))
    .flatMap((name) => linesOf(join(folder, 'output', place, name)));
}

it.each(CASES)('commits each line of $name once, whatever was cut off in between', async (example) => {
  for (const parallelism of [1, 3, 2]) expect(await cutOff(example, parallelism)).toMatchObject({ state: 'CANCELED' });
  const last = await start(example, 1);
  expect(last.state).toBe('FINISHED');
  // It went on from a checkpoint and did not read everything again.
  expect(last.recordsIn).toBeLessThan(example.records);
  for (const [place, file] of Object.entries(example.expected)) {
    expect([...committed(place)].sort()).toEqual([...linesOf(join(EXAMPLES, example.name, file))].sort());
  }
});

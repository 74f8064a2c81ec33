/**
 * The order statistics with checkpoints on disk, cut off again and again and gone on with at another parallelism: what is
 * committed in the end is what an undisturbed run commits, each line once.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobResult } from 'millrace';
import job from '../examples/01-order-statistics/job.js';

const EXAMPLE = fileURLToPath(new URL('../examples/01-order-statistics', import.meta.url));
const RECORDS_PER_SECOND = 12_000;
const LIMIT_MS = 10_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-golden-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const output = (): string => join(folder, 'statistics');
const checkpoints = (): string => join(folder, 'checkpoints');

function start(parallelism: number, signal?: AbortSignal): Promise<JobResult> {
  return job.run({
    args: { input: join(EXAMPLE, 'orders.ndjson'), output: output(), rate: RECORDS_PER_SECOND },
    parallelism,
    options: { 'checkpoint.dir': checkpoints(), 'checkpoint.interval': 30 },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A checkpoint is complete when its manifest is there. */
function newestCheckpoint(): number {
  if (!existsSync(checkpoints())) return 0;
  const names = readdirSync(checkpoints(), { recursive: true, encoding: 'utf8' });
  return Math.max(0, ...names.map((name) => Number(/checkpoint-(\d+)\.json$/.exec(name)?.[1] ?? 0)));
}

/** Runs until two more checkpoints are complete, and cuts the job off. What it had not committed is gone. */
async function cutOff(parallelism: number): Promise<JobResult> {
  const before = newestCheckpoint();
  const abort = new AbortController();
  const deadline = Date.now() + LIMIT_MS;
  const watch = setInterval(() => {
    if (newestCheckpoint() >= before + 2 || Date.now() > deadline) abort.abort();
  }, 5);
  try {
    return await start(parallelism, abort.signal);
  } finally {
    clearInterval(watch);
  }
}

function committed(): readonly string[] {
  return readdirSync(output())
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => readFileSync(join(output(), name), 'utf8').split('\n').filter(Boolean));
}

it('commits each window once, whatever was cut off in between', async () => {
  for (const parallelism of [1, 3, 2]) expect(await cutOff(parallelism)).toMatchObject({ state: 'CANCELED' });
  const early = committed().length;
  const last = await start(3);
  expect(last.state).toBe('FINISHED');
  // The last run went on from a checkpoint: it did not read everything again.
  expect(last.recordsIn).toBeLessThan(10_000);
  expect(early).toBeGreaterThan(0);
  const expected = readFileSync(join(EXAMPLE, 'expected.ndjson'), 'utf8').split('\n').filter(Boolean);
  expect([...committed()].sort()).toEqual(expected.sort());
});

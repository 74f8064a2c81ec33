/**
 * The portability contract: each golden job has one expected output, whatever runs it and however. A new way to run jobs
 * (threads, another runner) is a new mode here. The expected rows come from plain loops in `oracles/`.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ExecuteOptions, Job } from 'millrace';
import enrichment from './jobs/enrichment.js';
import joins from './jobs/joins.js';
import lateness from './jobs/lateness.js';
import merge from './jobs/merge.js';
import timers from './jobs/timers.js';
import windows from './jobs/windows.js';

interface GoldenJob {
  readonly name: string;
  readonly run: (options: ExecuteOptions, splitBytes?: number) => Promise<readonly string[]>;
  /** Which records are late, or when timers fire between records, is only fixed with a watermark after every record. */
  readonly perRecord?: boolean;
  /** The order of the rows is part of the result. */
  readonly ordered?: boolean;
  /** The input may be read in pieces side by side. */
  readonly splits?: boolean;
}

const DATA = fileURLToPath(new URL('data', import.meta.url));

const ignore = (): void => {};
const SILENT: NonNullable<ExecuteOptions['logger']> = { debug: ignore, info: ignore, warn: ignore, error: ignore, isEnabled: () => false, child: () => SILENT };

async function rowsOf(job: Job<never>, options: ExecuteOptions, args: object): Promise<readonly string[]> {
  const rows: string[] = [];
  // Times around 1970 are meant here, so the warning about seconds is left out.
  await job.run({ logger: SILENT, ...options, args, onPrint: (_text: string, row: unknown) => rows.push(JSON.stringify(row)) } as never);
  return rows;
}

const golden = (name: string, job: unknown, more: Partial<GoldenJob> = {}): GoldenJob => ({
  name, ...more,
  run: (options, splitBytes) => rowsOf(job as Job<never>, options, { data: DATA, ...(splitBytes === undefined ? {} : { splitBytes }) }),
});

const JOBS: readonly GoldenJob[] = [
  golden('windows', windows, { splits: true }),
  golden('lateness', lateness, { perRecord: true }),
  golden('timers', timers, { perRecord: true }),
  golden('joins', joins, { splits: true }),
  golden('enrichment', enrichment),
  golden('merge', merge, { ordered: true }),
];

const MODES: readonly { readonly name: string; readonly options: ExecuteOptions; readonly splitBytes?: number }[] = [
  { name: 'parallelism 1', options: { parallelism: 1 } },
  { name: 'parallelism 2', options: { parallelism: 2 } },
  { name: 'parallelism 3', options: { parallelism: 3 } },
  { name: 'parallelism 3 of 7 key groups', options: { parallelism: 3, maxParallelism: 7 } },
  { name: 'check mode', options: { parallelism: 2, check: true } },
  { name: 'a watermark after every record', options: { parallelism: 3, watermarkPerRecord: true } },
  { name: 'batches of one record', options: { parallelism: 2, options: { 'batch.size': 1 } } },
  { name: 'no wait for fuller batches', options: { parallelism: 2, options: { 'buffer.timeout': 0 } } },
  { name: 'input in small pieces', options: { parallelism: 1 }, splitBytes: 5_000 },
  { name: 'input in small pieces, parallelism 3', options: { parallelism: 3 }, splitBytes: 5_000 },
];

describe.each(JOBS)('golden job $name gives the expected rows', (job) => {
  const expected = readFileSync(new URL(`expected/${job.name}.ndjson`, import.meta.url), 'utf8').split('\n').filter(Boolean);
  const modes = MODES.filter(({ splitBytes }) => splitBytes === undefined || job.splits === true);

  it.each(modes)('with $name', async ({ options, splitBytes }) => {
    const rows = await job.run(job.perRecord === true ? { ...options, watermarkPerRecord: true } : options, splitBytes);
    if (job.ordered === true) expect(rows).toEqual(expected);
    else expect([...rows].sort()).toEqual([...expected].sort());
  });
});

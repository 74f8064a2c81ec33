/**
 * The portability contract: each golden job has one expected output, whatever runs it and however. A new way to run jobs
 * (threads, another runner) is a new mode here. The expected rows come from plain loops in `oracles/`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ExecuteOptions, Job } from 'millrace';
import { runLocally } from 'millrace/spi';
import { SimulatedPlatform } from 'millrace/testing';
import enrichment from './jobs/enrichment.js';
import joins from './jobs/joins.js';
import lateness from './jobs/lateness.js';
import merge from './jobs/merge.js';
import timers from './jobs/timers.js';
import windows from './jobs/windows.js';

interface GoldenJob {
  readonly name: string;
  readonly run: (options: ExecuteOptions, splitBytes?: number) => Promise<readonly string[]>;
  /** Runs it on a simulated machine of this seed, with its input in a simulated file system. */
  readonly simulate: (seed: number, parallelism: number) => Promise<readonly string[]>;
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

async function simulatedRowsOf(job: Job<never>, seed: number, parallelism: number, watermarkPerRecord: boolean): Promise<readonly string[]> {
  const platform = new SimulatedPlatform({ seed, startMs: Date.UTC(2026, 2, 2) });
  platform.files.makeDirectory('/data');
  for (const name of readdirSync(DATA).filter((file) => file.endsWith('.ndjson'))) platform.files.writeFile(`/data/${name}`, readFileSync(join(DATA, name)));
  const rows: string[] = [];
  const program = job.build({ data: '/data' } as never, { parallelism });
  const running = runLocally(program, platform, { logger: SILENT, watermarkPerRecord, onPrint: (_text, row) => rows.push(JSON.stringify(row)) });
  let ended = false;
  const done = running.done.finally(() => (ended = true));
  await platform.run(() => ended);
  await done;
  return rows;
}

const golden = (name: string, job: unknown, more: Partial<GoldenJob> = {}): GoldenJob => ({
  name, ...more,
  run: (options, splitBytes) => rowsOf(job as Job<never>, options, { data: DATA, ...(splitBytes === undefined ? {} : { splitBytes }) }),
  simulate: (seed, parallelism) => simulatedRowsOf(job as Job<never>, seed, parallelism, more.perRecord === true),
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

  const compare = (rows: readonly string[]): void => {
    if (job.ordered === true) expect(rows).toEqual(expected);
    else expect([...rows].sort()).toEqual([...expected].sort());
  };

  it.each(modes)('with $name', async ({ options, splitBytes }) => {
    compare(await job.run(job.perRecord === true ? { ...options, watermarkPerRecord: true } : options, splitBytes));
  });

  it.each([[1, 1], [2, 2], [3, 3]])('on the simulated machine of seed %i, parallelism %i', async (seed, parallelism) => {
    compare(await job.simulate(seed, parallelism));
  });
});

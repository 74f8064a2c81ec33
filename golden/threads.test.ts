/** Golden jobs in worker threads, through the command line: the same rows as in one thread. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const COMMAND = fileURLToPath(new URL('../packages/millrace/bin/millrace.js', import.meta.url));
const DATA = fileURLToPath(new URL('data', import.meta.url));

/** The rows that a run prints, as JSON. */
function rowsOf(job: string, parallelism: number): Promise<string[]> {
  const file = fileURLToPath(new URL(`jobs/${job}.ts`, import.meta.url));
  const child = spawn(process.execPath, [COMMAND, 'run', file, '-p', String(parallelism), '--json', '--', '--data', DATA]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      if (code !== 0) {
        reject(new Error(stderr));
        return;
      }
      const events = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { readonly type: string; readonly row?: unknown });
      resolve(events.filter(({ type }) => type === 'row').map(({ row }) => JSON.stringify(row)));
    });
  });
}

describe.each(['windows', 'joins', 'enrichment', 'merge'])('golden job %s gives the expected rows in worker threads', { timeout: 60_000 }, (job) => {
  const expected = readFileSync(new URL(`expected/${job}.ndjson`, import.meta.url), 'utf8').split('\n').filter(Boolean);

  it.each([2, 4])('with parallelism %i', async (parallelism) => {
    expect((await rowsOf(job, parallelism)).sort()).toEqual([...expected].sort());
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const HEAP_MB = 24;
const KEYS = 120_000;
const VALUE_BYTES = 1000;

describe('state larger than the heap', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-large-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is five times as large as the heap of its process, changes, and reads back', () => {
    const script = join(folder, 'large.mjs');
    buildSync({ entryPoints: [fileURLToPath(new URL('./larger-than-heap.test-parts.ts', import.meta.url))], outfile: script, bundle: true, platform: 'node', format: 'esm' });
    const work = join(folder, 'work');
    const printed = execFileSync(process.execPath, [`--max-old-space-size=${HEAP_MB}`, script, work, String(KEYS), String(VALUE_BYTES)], { encoding: 'utf8', timeout: 60_000 });
    expect(KEYS * VALUE_BYTES).toBeGreaterThanOrEqual(5 * HEAP_MB * 1e6);
    expect(JSON.parse(printed)).toEqual({ size: KEYS, sum: (KEYS * (KEYS - 1)) / 2 + KEYS / 2 });
    expect(readdirSync(work)).toEqual([]);
  }, 90_000);
});

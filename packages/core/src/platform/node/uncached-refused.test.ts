/** What a disk refuses in the middle of a file: the system's answers are the only thing here that is not real. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type * as Fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createUncached } from './uncached-file.js';

const answers = vi.hoisted(() => ({ refused: new Map<number, string>(), opened: 0, writes: 0 }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const writeSync = (...given: Parameters<typeof fs.writeSync>): number => {
    const code = answers.refused.get(answers.writes++);
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    return fs.writeSync(...given);
  };
  return { ...fs, writeSync };
});

const folder = mkdtempSync(join(tmpdir(), 'millrace-refused-'));
afterAll(() => rmSync(folder, { recursive: true }));
const probe = createUncached(join(folder, 'probe'));
probe?.abandon();

const BYTES = new Uint8Array(1_000_003).map((_, at) => at * 7);

/** Writes a file of which the system refuses the writes with these numbers, counted from the first of the file. */
function written(refused: readonly (readonly [number, string])[]): Uint8Array {
  const path = join(folder, 'file');
  const file = createUncached(path)!;
  answers.writes = 0;
  answers.refused = new Map(refused);
  try {
    file.append(BYTES);
    file.finish();
  } finally {
    answers.refused = new Map();
    file.abandon();
  }
  return readFileSync(path);
}

describe.runIf(probe !== undefined)('a file past the system\'s cache', () => {
  it.each(['EINVAL', 'EIO'])('goes on through the cache when a write in its middle is refused with %s', (code) => {
    for (const at of [0, 1, 2]) expect(Buffer.compare(written([[at, code]]), BYTES)).toBe(0);
  });

  it('says so when that is refused as well, and when the disk is full', () => {
    expect(() => written([[1, 'EIO'], [2, 'EIO']])).toThrow(expect.objectContaining({ code: 'MR-2807' }));
    expect(() => written([[1, 'ENOSPC']])).toThrow(expect.objectContaining({ code: 'MR-2803' }));
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { committedLines, difference, misfit } from './compare.mjs';

describe('comparing an example', () => {
  it('takes lines as a multiset', () => {
    expect(difference(['a', 'b', 'a'], ['b', 'a', 'a'])).toBeUndefined();
    expect(difference(['a', 'a'], ['a', 'b'])).toBe('2 lines expected, 2 came\n  missing:\n    a\n  not expected:\n    b');
  });

  it('fits live data to a shape', () => {
    const shape = { atLeast: 1, fields: { host: 'string', cpu: 'number' } };
    expect(misfit(['{"host":"a","cpu":1}'], shape)).toBeUndefined();
    expect(misfit([], shape)).toContain('at least 1');
    expect(misfit(['{"host":"a","cpu":"1"}'], shape)).toContain('cpu is not a number');
    expect(misfit(['x'], shape)).toContain('not JSON');
  });

  it('reads committed files only', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-compare-'));
    try {
      mkdirSync(join(folder, 'dt=1'));
      writeFileSync(join(folder, 'dt=1', 'part-0-1.ndjson'), 'a\n\nb\n');
      writeFileSync(join(folder, '.part-0-2.inprogress'), 'c\n');
      expect(committedLines(folder)).toEqual(['a', 'b']);
      expect(committedLines(join(folder, 'none'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileSource, json, StreamEnvironment } from './index.js';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(line: string, limits: { options?: object; maxRecordBytes?: number; maxDepth?: number }): Promise<unknown> {
  const file = join(folder, 'in.ndjson');
  writeFileSync(file, `${line}\n`);
  const env = StreamEnvironment.create();
  const format = json(undefined as never, limits.maxDepth === undefined ? {} : { maxDepth: limits.maxDepth });
  env.fromSource(fileSource({ path: file, format, ...(limits.maxRecordBytes === undefined ? {} : { maxRecordBytes: limits.maxRecordBytes }) }), { name: 'in' }).print();
  return env.execute('limits', { options: limits.options ?? {}, onPrint: () => {} });
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

it('R49 takes the limits of a record from the options of the run, unless source or format set their own', async () => {
  await expect(read(JSON.stringify('x'.repeat(100)), { options: { 'record.maxBytes': 50 } })).rejects.toMatchObject({ code: expect.stringMatching(/^MR-15/) as string });
  await expect(read(JSON.stringify('x'.repeat(100)), { options: { 'record.maxBytes': 50 }, maxRecordBytes: 200 })).resolves.toMatchObject({ recordsIn: 1 });
  await expect(read(nested(20), { options: { 'record.maxDepth': 10 } })).rejects.toMatchObject({ code: expect.stringMatching(/^MR-21/) as string });
  await expect(read(nested(20), { options: { 'record.maxDepth': 10 }, maxDepth: 30 })).resolves.toMatchObject({ recordsIn: 1 });
});

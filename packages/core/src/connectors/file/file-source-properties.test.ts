import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import { csv } from '../../formats/csv/csv.js';
import { raw } from '../../formats/raw.js';
import { readAll, SourceDriver } from '../../testing/source-driver.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { FileEnumerator } from './file-enumerator.js';
import { FileReader } from './file-reader.js';
import type { Source } from '../../connector/source.js';
import type { FileSplit } from './file-split.js';
import type { Format } from '../../connector/format.js';

/** A file source with blocks as small as a test wants them. */
function tinySource<T>(format: Format<T>, splitBytes: number, blockBytes: number, interleave: boolean = false): Source<T, FileSplit> {
  const follow = false;
  return {
    kind: 'file',
    bounded: true,
    replayable: true,
    type: format.type,
    createEnumerator: (context, restored) => new FileEnumerator({ inputs: ['/in'], splitBytes, compression: 'auto', watchMs: undefined, follow, interleave }, context, restored),
    createReader: (context) => new FileReader({ format, encoding: 'utf-8', maxRecordBytes: 10_000, blockBytes, follow, rate: undefined, interleave }, context),
  };
}

const line = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'ü', '€', '😀', ' ', '"', ','), maxLength: 12 }),
  fc.constantFrom('', 'x'.repeat(90), '€'.repeat(40)),
);
const file = fc.record({
  lines: fc.array(line, { maxLength: 25 }),
  ends: fc.constantFrom('\n', '\r\n'),
  mark: fc.boolean(),
  finalEnd: fc.boolean(),
});
const reading = fc.record({ splitBytes: fc.integer({ min: 1, max: 120 }), blockBytes: fc.integer({ min: 1, max: 64 }), batchSize: fc.integer({ min: 1, max: 5 }) });

function contentOf({ lines, ends, mark, finalEnd }: { lines: readonly string[]; ends: string; mark: boolean; finalEnd: boolean }): string {
  return (mark ? '\uFEFF' : '') + lines.join(ends) + (finalEnd ? ends : '');
}

/** The reader that every other one must agree with. */
function naive(content: string): string[] {
  return content.replace(/^\uFEFF/, '').split('\n').map((text) => text.replace(/\r$/, '')).filter((text) => text !== '');
}

describe('file source, any bytes', () => {
  it('R22 gives exactly the lines of a naive reader, in order, for any split, block and batch size', async () => {
    await fc.assert(
      fc.asyncProperty(file, reading, fc.integer({ min: 1, max: 4 }), async (shape, { splitBytes, blockBytes, batchSize }, parallelism) => {
        const platform = new SimulatedPlatform({ seed: 1 });
        const content = contentOf(shape);
        platform.files.makeDirectory('/in');
        platform.files.writeFile('/in/a', content);
        if (content === '') return;
        const { records } = await readAll(tinySource(raw(), splitBytes, blockBytes), { platform, parallelism, batchSize });
        const wanted = naive(content);
        expect(records.map(({ value }) => value).sort()).toEqual(wanted.toSorted());
        if (parallelism === 1) expect(records.map(({ value }) => value)).toEqual(wanted);
        const bytes = encodeUtf8(content);
        for (const { value, offset } of records) expect(decodeUtf8(bytes, offset, offset + encodeUtf8(value).length)).toBe(value);
      }),
      { numRuns: 1000 },
    );
  });

  it('R22 loses and doubles nothing when restored after any batch, at another parallelism', async () => {
    await fc.assert(
      fc.asyncProperty(file, reading, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.boolean(), async (shape, { splitBytes, blockBytes, batchSize }, before, after, interleave) => {
        const platform = new SimulatedPlatform({ seed: 1 });
        const content = contentOf(shape);
        platform.files.makeDirectory('/in');
        platform.files.writeFile('/in/a', content);
        platform.files.writeFile('/in/b.gz', platform.digests.gzip(encodeUtf8(content)));
        const wanted = [...naive(content), ...naive(content)].sort();
        const first = new SourceDriver(tinySource(raw(), splitBytes, blockBytes, interleave), { platform, parallelism: before, batchSize });
        await first.start();
        const snapshots = [{ state: first.snapshot(), read: 0 }];
        await first.drain((driver) => snapshots.push({ state: driver.snapshot(), read: driver.records.length }));
        await first.close();
        expect(first.records.map(({ value }) => value).sort()).toEqual(wanted);
        const some = snapshots.filter((_, at) => at % Math.ceil(snapshots.length / 8) === 0);
        for (const { state, read } of some) {
          const rest = await readAll(tinySource(raw(), splitBytes, blockBytes, interleave), { platform, parallelism: after, batchSize, restored: state });
          expect([...first.records.slice(0, read).map(({ value }) => value), ...rest.values].sort()).toEqual(wanted);
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('gives the CSV records that were written, whatever is in the fields, at any block size and restart', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', '\n', '\r', ' ', '😀'), maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 12 }), fc.constantFrom('\n' as const, '\r\n' as const), reading, async (rows, lineEnd, { blockBytes, batchSize }) => {
        const platform = new SimulatedPlatform({ seed: 1 });
        const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        platform.files.makeDirectory('/in');
        platform.files.writeFile('/in/a.csv', `one,two${lineEnd}${rows.map(([one, two]) => `${quoted(one)},${quoted(two)}${lineEnd}`).join('')}`);
        const wanted = rows.map(([one, two]) => ({ one, two }));
        const source = (): Source<Record<string, string>, FileSplit> => tinySource(csv({ header: true, lineEnd }), Infinity, blockBytes);
        const driver = new SourceDriver(source(), { platform, batchSize });
        await driver.start();
        const snapshots: { state: ReturnType<typeof driver.snapshot>; read: number }[] = [];
        await driver.drain(() => snapshots.push({ state: driver.snapshot(), read: driver.records.length }));
        expect(driver.records.map(({ value }) => value)).toEqual(wanted);
        for (const { state, read } of snapshots.filter((_, at) => at % Math.ceil(snapshots.length / 4) === 0)) {
          const rest = await readAll(source(), { platform, batchSize, restored: state });
          expect([...driver.records.slice(0, read).map(({ value }) => value), ...rest.values]).toEqual(wanted);
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

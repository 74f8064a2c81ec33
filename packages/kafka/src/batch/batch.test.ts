import { createRecordBatch, Decoder, decodeRecordBatchFrom, encodeRecordBatch } from '@kafkats/client';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BatchBuilder, NO_PRODUCER, stampBatch } from './batch-builder.js';
import { checkBatch, cutBatches, RecordCursor, unpacked, type FetchedBatch } from './batch-reader.js';
import { checkCanPack, unpack } from './compression.js';
import { heldBytes } from '../source/fetcher.js';

interface Parts {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
}

const bytes = fc.uint8Array({ maxLength: 300 });
const record = fc.record({
  key: fc.option(bytes, { nil: null }),
  value: fc.option(bytes, { nil: null }),
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  headers: fc.array(fc.tuple(fc.string(), fc.option(bytes, { nil: null })), { maxLength: 3 }),
});

function build(records: readonly Parts[], compression: 'gzip' | 'none' = 'none'): Uint8Array {
  const builder = new BatchBuilder();
  for (const { key, value, timestamp, headers } of records) builder.add(key, value, timestamp, headers);
  const sealed = builder.seal(compression);
  stampBatch(sealed, NO_PRODUCER);
  return sealed;
}

function read(batch: FetchedBatch): Parts[] {
  const cursor = new RecordCursor();
  cursor.open(batch.records, batch.recordsFrom);
  return Array.from({ length: batch.count }, (_, index) => {
    cursor.next();
    expect(cursor.offsetDelta).toBe(index);
    const part = (from: number, length: number): Uint8Array | null => (length < 0 ? null : new Uint8Array(batch.records.subarray(from, from + length)));
    return {
      key: part(cursor.keyFrom, cursor.keyLength),
      value: part(cursor.valueFrom, cursor.valueLength),
      timestamp: batch.baseTimestamp + cursor.timestampDelta,
      headers: cursor.headers().map(({ name, value }) => [name, value === null ? null : new Uint8Array(value)] as const),
    };
  });
}

describe('record batches', () => {
  it('come back as they were written, packed or not', async () => {
    await fc.assert(fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40 }), fc.constantFrom('none' as const, 'gzip' as const), async (records, compression) => {
      const [batch] = cutBatches(build(records, compression), 'test');
      checkBatch(batch!, 'test');
      const expected = records.map((one) => ({ ...one, headers: one.headers.map(([name, value]) => [Buffer.from(name).toString(), value] as const) }));
      expect(read(await unpacked(batch!, 'test'))).toEqual(expected);
    }), { numRuns: 200 });
  });

  it('are those of another implementation, in both directions', async () => {
    await fc.assert(fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (records) => {
      const theirs = await decodeRecordBatchFrom(new Decoder(Buffer.from(build(records))), { verifyCrc: true });
      expect(theirs.records.map(({ key, value, timestamp }) => [key === null ? null : [...key], value === null ? null : [...value], Number(timestamp)])).toEqual(records.map(({ key, value, timestamp }) => [key === null ? null : [...key], value === null ? null : [...value], timestamp]));
      const plain = records.map(({ key, value }) => ({ key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value) }));
      const [ours] = cutBatches(await encodeRecordBatch(createRecordBatch(plain, 0n, 1_700_000_000_000n, -1n, -1, -1)), 'test');
      checkBatch(ours!, 'test');
      expect(read(ours!).map(({ key, value }) => [key, value])).toEqual(records.map(({ key, value }) => [key, value]));
    }), { numRuns: 100 });
  });

  it('leave out a last one that is cut off', () => {
    const [first, second] = [build([{ key: null, value: new Uint8Array(50), timestamp: 1, headers: [] }]), build([{ key: null, value: new Uint8Array(70), timestamp: 1, headers: [] }])];
    const both = Buffer.concat([first, second]);
    for (let length = 0; length <= both.length; length++) expect(cutBatches(both.subarray(0, length), 'test')).toHaveLength(length === both.length ? 2 : length >= first.length ? 1 : 0);
  });

  it('show every flipped bit under their checksum with a code', () => {
    const batch = build([{ key: new Uint8Array([1]), value: new Uint8Array(20), timestamp: 1, headers: [] }]);
    for (let at = 17; at < batch.length; at++) {
      const flipped = batch.slice();
      flipped[at]! ^= 1 << (at % 8);
      expect(() => checkBatch(cutBatches(flipped, 'test')[0]!, 'test')).toThrow(expect.objectContaining({ code: 'MR-4010' }));
    }
    const old = batch.slice();
    old[16] = 1;
    expect(() => cutBatches(old, 'test')).toThrow(expect.objectContaining({ code: 'MR-4010' }));
  });

  it('name the package that a compression needs', async () => {
    vi.doMock('snappyjs', () => {
      throw new Error('not installed');
    });
    await expect(unpack(2, new Uint8Array(10), 'test')).rejects.toMatchObject({ code: 'MR-4009', remedy: expect.stringContaining('npm install snappyjs') });
    vi.doUnmock('snappyjs');
    await expect(unpack(7, new Uint8Array(10), 'test')).rejects.toMatchObject({ code: 'MR-4010' });
    if (Number(process.versions.node.split('.')[0]) < 22) expect(() => checkCanPack('zstd')).toThrow(expect.objectContaining({ code: 'MR-4009' }));
  });

  it('counts what packed batches were unpacked to against the memory of a reader', async () => {
    const big = [{ key: null, value: new Uint8Array(1_000_000), timestamp: 1, headers: [] }];
    const packed = cutBatches(build(big, 'gzip'), 'test');
    expect(packed[0]!.bytes.length).toBeLessThan(10_000);
    expect(heldBytes(packed[0]!.bytes, [await unpacked(packed[0]!, 'test')])).toBeGreaterThan(1_000_000);
    const plain = cutBatches(build(big), 'test');
    expect(heldBytes(plain[0]!.bytes, [await unpacked(plain[0]!, 'test')])).toBe(plain[0]!.bytes.length);
  });
});

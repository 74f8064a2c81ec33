import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, concatBytes, fromHex, toHex } from '../base/bytes.js';
import { gzipCrc32 } from '../base/crc32c.js';
import { BlobWriter, firstChunk, MAX_CHUNK_BYTES, unwrapBlob, verifyBlob, wrapBlob } from './chunked-blob.js';
import { BlobDamaged, FormatUnknown } from './errors.js';

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function wrapInVersion2(content: Uint8Array, chunkBytes: number): Uint8Array {
  const writer = new BlobWriter(chunkBytes, new ByteWriter(), gzipCrc32);
  writer.write(content);
  return writer.finish();
}

describe('chunked blobs', () => {
  it('of both versions, as they are stored, are read', () => {
    const content = fromHex('000102030405060708090a');
    const version1 = '4d52424c4f42010008000000ecbb642d000102030405060703000000970b380e08090a00000000000000000000264002d28240';
    const version2 = '4d52424c4f4202000800000099715d9600010203040506070300000025d71f0408090a0000000000000000000026407e687988';
    expect([toHex(wrapBlob(content, 8)), toHex(wrapInVersion2(content, 8))]).toEqual([version1, version2]);
    for (const stored of [version1, version2]) {
      expect(unwrapBlob(fromHex(stored))).toEqual(content);
      expect(firstChunk(fromHex(stored))).toEqual(content.subarray(0, 8));
    }
  });

  it('give back what was written, in any chunk size and any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), fc.boolean(), (pieces, chunkBytes, taking) => {
        const writer = new BlobWriter(chunkBytes);
        const out: Uint8Array[] = [];
        for (const piece of pieces) {
          writer.write(piece);
          if (taking) out.push(Uint8Array.from(writer.take() ?? []));
        }
        const content = concatBytes(pieces);
        expect(writer.total).toBe(content.length);
        out.push(writer.finish());
        const blob = concatBytes(out);
        expect([...unwrapBlob(blob)]).toEqual([...content]);
        expect(verifyBlob(blob)).toBe(content.length);
        expect([...blob]).toEqual([...wrapBlob(content, chunkBytes)]);
      }),
    );
    const large = new Uint8Array(MAX_CHUNK_BYTES + 10).fill(7);
    expect(verifyBlob(wrapBlob(large))).toBe(large.length);
  });

  it('give back what was written when some pieces are chunks of their own, put into place by whoever writes them', () => {
    const pieces = fc.array(fc.tuple(fc.uint8Array({ maxLength: 50 }), fc.constantFrom('write', 'apart', 'take')), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 40 }), (given, chunkBytes) => {
        const writer = new BlobWriter(chunkBytes);
        const out: Uint8Array[] = [];
        for (const [piece, way] of given) {
          if (way === 'apart' && piece.length > 0) out.push(Uint8Array.from(writer.chunkApart(piece)), piece);
          else writer.write(piece);
          if (way === 'take') out.push(Uint8Array.from(writer.take() ?? []));
        }
        const content = concatBytes(given.map(([piece]) => piece));
        expect(writer.total).toBe(content.length);
        out.push(Uint8Array.from(writer.finishInPlace()));
        expect([...unwrapBlob(concatBytes(out))]).toEqual([...content]);
      }),
    );
  });

  it('notice every cut, every changed bit, every exchanged or missing chunk and every appended byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 16 }), fc.constantFrom(wrapBlob, wrapInVersion2), fc.nat(), fc.nat(7), (content, chunkBytes, wrap, pick, bit) => {
        const blob = wrap(content, chunkBytes);
        const at = pick % blob.length;
        expect(BlobDamaged.is(errorOf(() => unwrapBlob(blob.slice(0, at))))).toBe(true);
        const changed = blob.slice();
        changed[at]! ^= 1 << bit;
        const error = errorOf(() => verifyBlob(changed));
        expect(BlobDamaged.is(error) || FormatUnknown.is(error)).toBe(true);
        expect(BlobDamaged.is(errorOf(() => verifyBlob(concatBytes([blob, new Uint8Array([pick % 256])]))))).toBe(true);
      }),
      { numRuns: 2000 },
    );
    const blob = wrapBlob(new Uint8Array([1, 2, 3, 4]), 2);
    const [head, first, second, tail] = [blob.slice(0, 8), blob.slice(8, 18), blob.slice(18, 28), blob.slice(28)];
    expect(String(errorOf(() => unwrapBlob(concatBytes([head!, second!, first!, tail!]), 'group 3')))).toContain('group 3 is damaged: the checksum of chunk 0');
    expect(BlobDamaged.is(errorOf(() => unwrapBlob(concatBytes([head!, first!, tail!]))))).toBe(true);
  });

  it('refuses other data and later versions by name', () => {
    const blob = wrapBlob(new Uint8Array([1]));
    blob[6] = 3;
    expect(String(errorOf(() => unwrapBlob(blob)))).toContain('the version 3');
    blob[6] = 0;
    expect(FormatUnknown.is(errorOf(() => unwrapBlob(blob)))).toBe(true);
    expect(FormatUnknown.is(errorOf(() => unwrapBlob(new Uint8Array(40))))).toBe(true);
  });
});

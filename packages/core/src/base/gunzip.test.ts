import { gzipSync, constants } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from './bytes.js';
import { createGunzipStream } from './gunzip.js';
import { CompressedDataDamaged } from './platform-errors.js';

function unpack(packed: Uint8Array, step: number): Uint8Array {
  const stream = createGunzipStream();
  const pieces: Uint8Array[] = [];
  const drain = (): void => {
    for (let piece = stream.read(); piece.length > 0; piece = stream.read()) {
      expect(piece.length).toBeLessThanOrEqual(65_536);
      pieces.push(piece.slice());
    }
  };
  for (let at = 0; at < packed.length; at += step) {
    stream.feed(packed.subarray(at, at + step));
    drain();
  }
  stream.end();
  drain();
  return concatBytes(pieces);
}

const text = Buffer.from(Array.from({ length: 5000 }, (_, i) => `{"id":${i},"name":"order ${(i * 7919) % 1000}"}\n`).join(''));

describe('gunzip stream', () => {
  it.each([1, 7, 4096, 1_000_000])('unpacks in steps of %i bytes what the runtime packed', (step) => {
    for (const level of [0, 1, 6, 9]) expect(Buffer.from(unpack(gzipSync(text, { level }), step)).equals(text)).toBe(true);
    expect(Buffer.from(unpack(gzipSync(text, { strategy: constants.Z_FIXED }), step)).equals(text)).toBe(true);
    expect(Buffer.from(unpack(gzipSync(text, { strategy: constants.Z_HUFFMAN_ONLY }), step)).equals(text)).toBe(true);
  });

  it('takes any bytes cut at any place, also as several members', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 9 }), (parts, step, level) => {
        const packed = concatBytes(parts.map((part) => gzipSync(part, { level })));
        expect(Buffer.from(unpack(packed, step)).equals(Buffer.from(concatBytes(parts)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps its memory while a megabyte of zeros unpacks from a kilobyte', () => {
    expect(unpack(gzipSync(new Uint8Array(3_000_000)), 100).length).toBe(3_000_000);
  });

  it('passes over name, comment and extra field, and zeros after the end', () => {
    const plain = gzipSync('hello');
    const header = Uint8Array.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 9, 9, 9, 97, 0, 98, 99, 0, 1, 2]);
    expect(Buffer.from(unpack(concatBytes([header, plain.subarray(10), new Uint8Array(20)]), 3)).toString()).toBe('hello');
  });

  it('refuses every truncation, foreign data and what follows after the end', () => {
    const packed = gzipSync(text.subarray(0, 3000));
    for (let length = 0; length < packed.length; length++) expect(() => unpack(packed.subarray(0, length), 100), `cut at ${length}`).toThrow(/MR-2810/);
    expect(() => unpack(Buffer.from('plain text'), 100)).toThrow(/MR-2810/);
    expect(() => unpack(concatBytes([packed, Buffer.from('x')]), 100)).toThrow(/MR-2810/);
  });

  it('never gives other content for a flipped bit: the same content or a coded error', () => {
    const content = text.subarray(0, 2000);
    const packed = gzipSync(content);
    for (let bit = 0; bit < packed.length * 8; bit++) {
      const flipped = Uint8Array.from(packed);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      try {
        expect(Buffer.from(unpack(flipped, 64)).equals(content), `bit ${bit}`).toBe(true);
      } catch (error) {
        if (!CompressedDataDamaged.is(error)) throw error;
      }
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from './bytes.js';
import { crc32c, gzipCrc32 } from './crc32c.js';
import { murmur3, murmurFinal, murmurFinish, murmurMix } from './murmur3.js';

describe('murmur3', () => {
  it('gives the published test vectors', () => {
    const vectors: [string, number, number][] = [
      ['', 0, 0], ['', 1, 0x514e28b7], ['', -1, 0x81f16f39], ['test', 0, 0xba6bd213], ['test', 0x9747b28c, 0x704b81dc], ['Hello, world!', 0, 0xc0363e43],
      ['Hello, world!', 0x9747b28c, 0x24884cba], ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723], ['aaa', 0x9747b28c, 0x283e0130], ['ab', 0x9747b28c, 0x74875592],
    ];
    for (const [text, seed, hash] of vectors) expect(murmur3(encodeUtf8(text), seed) >>> 0, text).toBe(hash);
  });

  it('is the same in parts as in one piece', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 20 }), (words) => {
        let hash = 0;
        for (const word of words) hash = murmurMix(hash, word);
        const bytes = new Uint8Array(new Int32Array(words).buffer);
        expect(murmurFinish(hash, bytes.length)).toBe(murmur3(bytes));
        const framed = Uint8Array.from([7, ...bytes, 9]);
        expect(murmur3(framed, 0, 1, framed.length - 1)).toBe(murmur3(bytes));
      }),
    );
  });

  it('R36 spreads key hashes as MathUtils.murmurHash of Flink does', () => {
    // Computed with the Java method; the last argument is the one whose hash has no absolute value.
    const vectors: [number, number][] = [
      [0, 593689054], [1, 68075478], [-1, 1982413648], [2, 1085422463], [42, 1134849565], [127, 1931274395], [128, 132521001], [1000000, 2127295249],
      [2147483647, 1653689534], [-2147483648, 1718298732], [123456789, 1088346449], [-987654321, 1314828554], [-2089875627, 0],
    ];
    for (const [code, hash] of vectors) expect(murmurFinal(code), String(code)).toBe(hash);
  });
});

describe('crc32c', () => {
  it('gives the published test vectors', () => {
    expect(crc32c(encodeUtf8('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 1000 }, (_, i) => i * 31))).toBe(0x1293b8a5);
    expect(crc32c(new Uint8Array(0))).toBe(0);
    expect(gzipCrc32(encodeUtf8('123456789'))).toBe(0xcbf43926);
  });

  it('is what the definition says, bit by bit, wherever the bytes lie', () => {
    const bitByBit = (bytes: Uint8Array): number => {
      let crc = -1;
      for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
      }
      return ~crc >>> 0;
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), fc.nat(20), (bytes, before, from) => {
        const memory = new Uint8Array(bytes.length + before);
        memory.set(bytes, before);
        const moved = memory.subarray(before);
        expect(crc32c(moved)).toBe(bitByBit(bytes));
        const start = Math.min(from, bytes.length);
        expect(crc32c(moved, 0, start)).toBe(bitByBit(bytes.subarray(start)));
      }),
    );
  });

  it('is the same in pieces as in one, and notices every flipped bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(1600), (bytes, cut, bit) => {
        const at = Math.min(cut, bytes.length);
        expect(crc32c(bytes, crc32c(bytes, 0, 0, at), at)).toBe(crc32c(bytes));
        if (bytes.length === 0) return;
        const flipped = Uint8Array.from(bytes);
        flipped[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
        expect(crc32c(flipped)).not.toBe(crc32c(bytes));
      }),
    );
  });
});

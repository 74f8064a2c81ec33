/**
 * Murmur3, the 32-bit variant for x86: the hash under key groups. It is fixed for ever, since stored state is found by
 * it. Hashes are signed 32-bit integers, as in Java.
 *
 * A hash over parts that are never one byte array is built from {@link murmurMix} for each whole 32-bit word (little-endian), {@link murmurTail} for
 * the 1 to 3 bytes that may be left, and {@link murmurFinish} with the number of bytes.
 */

/** The seed of every hash of Millrace. */
export const MURMUR_SEED = 0;

/** Mixes one 32-bit word into a running hash. */
export function murmurMix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  k = Math.imul(k, 0x1b873593);
  let h = hash ^ k;
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** Mixes the last 1 to 3 bytes, packed into the low end of one word. Not called when no byte is left over. */
export function murmurTail(hash: number, tail: number): number {
  let k = Math.imul(tail, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  k = Math.imul(k, 0x1b873593);
  return hash ^ k;
}

/** Ends a running hash over so many bytes. */
export function murmurFinish(hash: number, byteCount: number): number {
  let h = hash ^ byteCount;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The hash of a range of bytes. */
export function murmur3(bytes: Uint8Array, seed: number = MURMUR_SEED, start: number = 0, end: number = bytes.length): number {
  let hash = seed | 0;
  let at = start;
  for (const lastWord = end - 4; at <= lastWord; at += 4) {
    hash = murmurMix(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
  }
  if (at < end) {
    let tail = bytes[at]!;
    if (at + 1 < end) tail |= bytes[at + 1]! << 8;
    if (at + 2 < end) tail |= bytes[at + 2]! << 16;
    hash = murmurTail(hash, tail);
  }
  return murmurFinish(hash, end - start);
}

/**
 * Spreads a 32-bit key hash; the result is in 0 … 2^31-1. The same numbers as Flink's `MathUtils.murmurHash(int)`, so
 * that an int key hash falls into the same key group there. (Murmur3 of the four bytes, then the absolute value, where
 * the one number without an absolute value becomes 0.)
 */
export function murmurFinal(code: number): number {
  const hash = murmurFinish(murmurMix(0, code), 4);
  if (hash >= 0) return hash;
  return hash === -0x80000000 ? 0 : -hash;
}

/**
 * The hash by which Kafka's own producers choose a partition for a key (murmur2), so that records of a key written by
 * others lie in the same partition.
 */
export function murmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = bytes.length;
  let h = 0x9747b28c ^ length;
  const blocks = length & ~3;
  for (let at = 0; at < blocks; at += 4) {
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length & 3;
  if (rest > 2) h ^= bytes[blocks + 2]! << 16;
  if (rest > 1) h ^= bytes[blocks + 1]! << 8;
  if (rest > 0) h = Math.imul(h ^ bytes[blocks]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}

/** The partition of a key among so many. */
export const partitionOfKey = (key: Uint8Array, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;

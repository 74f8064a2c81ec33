import { murmur3 } from '@millrace/core/spi';

/** The partition that records of a key go to, unless they are told another: the same for jobs, commands and programs. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur3(key) >>> 0) % partitions;
}

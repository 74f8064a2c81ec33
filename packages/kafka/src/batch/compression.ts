import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { CodecMissing, RecordBatchDamaged } from '../errors.js';

/** How batches may be packed, in the order of their numbers in a batch. */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** How the sink packs its batches; reading knows all of {@link COMPRESSIONS}. */
export type KafkaCompression = 'gzip' | 'none' | 'zstd';

/** What a batch may be unpacked to; a batch of more is not believed. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

const gunzip = promisify(zlib.gunzip);

/** What newer versions of Node add. */
interface NewerZlib {
  readonly zstdDecompress?: (bytes: Uint8Array, options: object, done: (error: Error | null, bytes: Uint8Array) => void) => void;
  readonly zstdCompressSync?: (bytes: Uint8Array) => Uint8Array;
}
const newer = zlib as unknown as NewerZlib;

/** Unpacks the records of a batch. Packages for methods that Node lacks are loaded when the first such batch comes. */
export async function unpack(compression: number, bytes: Uint8Array, where: string): Promise<Uint8Array> {
  try {
    switch (COMPRESSIONS[compression]) {
      case 'gzip':
        return await gunzip(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
      case 'snappy':
        return unpackSnappy(bytes, await load<Snappy>('snappyjs', 'snappy'));
      case 'lz4':
        return (await load<Lz4>('lz4js', 'lz4')).decompress(bytes, MAX_UNPACKED_BYTES);
      case 'zstd':
        if (newer.zstdDecompress !== undefined) return await promisify(newer.zstdDecompress)(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
        return (await load<Zstd>('fzstd', 'zstd')).decompress(bytes);
      default:
        throw RecordBatchDamaged.error({ what: `${where}: compression number ${compression} is unknown` });
    }
  } catch (error) {
    if (CodecMissing.is(error) || RecordBatchDamaged.is(error)) throw error;
    throw RecordBatchDamaged.error({ what: `${where}: ${COMPRESSIONS[compression]} could not be unpacked: ${String(error)}`, cause: error });
  }
}

/** Packs records for writing. */
export function pack(compression: KafkaCompression, bytes: Uint8Array): Uint8Array {
  if (compression === 'gzip') return zlib.gzipSync(bytes, { level: 4 });
  if (compression === 'zstd') return zstdSync()(bytes);
  return bytes;
}

/** Throws when batches cannot be packed so with this version of Node. */
export function checkCanPack(compression: KafkaCompression): void {
  if (compression === 'zstd') zstdSync();
}

function zstdSync(): (bytes: Uint8Array) => Uint8Array {
  if (newer.zstdCompressSync !== undefined) return newer.zstdCompressSync;
  throw CodecMissing.error({ what: 'this version of Node cannot write zstd', remedy: 'Use Node 22.15 or newer, or compression: gzip.' });
}

interface Snappy {
  uncompress(bytes: Uint8Array): Uint8Array;
}
interface Lz4 {
  decompress(bytes: Uint8Array, maxSize?: number): Uint8Array;
}
interface Zstd {
  decompress(bytes: Uint8Array): Uint8Array;
}

async function load<M>(name: string, method: string): Promise<M> {
  try {
    const module = (await import(name)) as { readonly default?: M } & M;
    return module.default ?? module;
  } catch (error) {
    throw CodecMissing.error({ what: `records are compressed with ${method}, and the package ${name} cannot be loaded`, remedy: `Install it beside @millrace/kafka: npm install ${name}.`, cause: error });
  }
}

const XERIAL = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0];
const XERIAL_HEAD = 16;

/** Java writes snappy in blocks, each with its length, after a head of its own; others write one bare block. */
function unpackSnappy(bytes: Uint8Array, snappy: Snappy): Uint8Array {
  if (!XERIAL.every((byte, index) => bytes[index] === byte)) return snappy.uncompress(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Uint8Array[] = [];
  for (let at = XERIAL_HEAD; at + 4 <= bytes.length; ) {
    const length = view.getInt32(at);
    pieces.push(snappy.uncompress(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(pieces);
}

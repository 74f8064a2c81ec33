/**
 * Blobs in chunks with checksums: the container of snapshots and of everything else that must notice damage (decision 0001).
 *
 * | bytes | meaning |
 * |---|---|
 * | 8 | `4D 52 42 4C 4F 42` ("MRBLOB"), version u16 (1 or 2) |
 * | per chunk | u32 length (1 to 4 MiB), u32 checksum, the bytes |
 * | 4 | u32 0: the end |
 * | 8 | float64 bytes in all chunks |
 * | 4 | u32 checksum of the checksums of all chunks and that total |
 *
 * Checksums are CRC32C in version 1, and in version 2 the CRC32 of gzip, which platforms have natively (decision 0042).
 * The checksum of a chunk begins with its number, so chunks cannot change places. Nothing may follow the end.
 */
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { crc32c, gzipCrc32 } from '../base/crc32c.js';
import { assert } from '../base/assert.js';
import { BlobDamaged, FormatUnknown } from './errors.js';

/** Continues a checksum over more bytes. */
export type Checksum = (bytes: Uint8Array, before: number) => number;

/** The checksums of the versions, from 1 on. */
const CHECKSUMS: readonly Checksum[] = [crc32c, gzipCrc32];

/** A chunk holds no more bytes. */
export const MAX_CHUNK_BYTES: number = 4 * 1024 * 1024;

const MAGIC: readonly number[] = [0x4d, 0x52, 0x42, 0x4c, 0x4f, 0x42];
const HEADER_BYTES = 8;
const CHUNK_HEADER_BYTES = 8;
const TRAILER_BYTES = 16;
const SMALLEST_BUFFER = 1024;

/**
 * Makes a blob, chunk by chunk. Content written with `write` is cut into chunks as it comes, in the memory where the blob
 * lies; `take` hands over the bytes that are ready, so that a large blob need not lie in memory at once; `finish` gives the rest.
 */
export class BlobWriter {
  readonly #output: ByteWriter;
  readonly #checksums: ByteWriter;
  readonly #chunkBytes: number;
  readonly #checksum: Checksum;
  /** Where the chunk under way begins in the output, with its header; -1 between chunks. */
  #chunkAt: number;
  #chunks: number;
  #total: number;
  /** Bytes at the beginning of the output that were taken. */
  #taken: number;
  #finished: boolean;

  /**
   * The blob is made in `output`, whose memory is used again where one blob is made after the other; whatever was in it is gone. With
   * `crc32`, the platform's `Digests.crc32`, it has version 2, which takes less time, and which older versions of Millrace do not read.
   */
  constructor(chunkBytes: number = MAX_CHUNK_BYTES, output: ByteWriter = new ByteWriter(SMALLEST_BUFFER), crc32: Checksum | null = null) {
    assert(chunkBytes > 0 && chunkBytes <= MAX_CHUNK_BYTES, 'a chunk holds 1 byte to MAX_CHUNK_BYTES');
    this.#output = output;
    this.#checksums = new ByteWriter(64);
    this.#chunkBytes = chunkBytes;
    this.#checksum = crc32 ?? crc32c;
    this.#chunkAt = -1;
    this.#chunks = 0;
    this.#total = 0;
    this.#taken = 0;
    this.#finished = false;
    output.reset();
    for (const byte of MAGIC) output.u8(byte);
    output.u16(crc32 === null ? 1 : 2);
  }

  /** Bytes of memory that a blob needs which is made in one chunk size and never taken from. */
  static sizeFor(contentBytes: number, chunkBytes: number = MAX_CHUNK_BYTES): number {
    return HEADER_BYTES + Math.ceil(contentBytes / chunkBytes) * CHUNK_HEADER_BYTES + contentBytes + TRAILER_BYTES;
  }

  /** Content bytes so far. */
  get total(): number {
    return this.#total + this.#openBytes;
  }

  /** Adds content; the bytes may be reused afterwards. */
  write(bytes: Uint8Array): void {
    assert(!this.#finished, 'nothing is written to a finished blob');
    this.#dropTaken();
    let at = 0;
    while (at < bytes.length) {
      if (this.#chunkAt < 0) this.#openChunk();
      const end = Math.min(bytes.length, at + this.#chunkBytes - this.#openBytes);
      this.#output.bytes(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
      at = end;
      if (this.#openBytes === this.#chunkBytes) this.#closeChunk();
    }
  }

  /**
   * Adds content as a chunk of its own that the caller puts into place without a copy: right behind the bytes that are given, which
   * are those not yet taken and the chunk's header. They are valid until the next call. Some bytes, and no more than a chunk holds.
   */
  chunkApart(bytes: Uint8Array): Uint8Array {
    assert(!this.#finished && bytes.length > 0 && bytes.length <= MAX_CHUNK_BYTES, 'a chunk of its own has 1 byte to MAX_CHUNK_BYTES');
    this.#dropTaken();
    if (this.#chunkAt >= 0) this.#closeChunk();
    this.#output.u32(bytes.length);
    this.#output.u32(this.#count(bytes));
    this.#taken = this.#output.length;
    return this.#output.view();
  }

  /** The finished bytes not yet taken, valid until the next call; undefined when there are none. */
  take(): Uint8Array | undefined {
    this.#dropTaken();
    const ready = this.#chunkAt < 0 ? this.#output.length : this.#chunkAt;
    if (ready === 0) return undefined;
    this.#taken = ready;
    return this.#output.view().subarray(0, ready);
  }

  /** Ends the blob and gives the bytes not yet taken: all of them, unless `take` was used. The memory is the caller's. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#end();
    return this.#output.handOver();
  }

  /** As `finish`, but the bytes are valid only until the output is used again. */
  finishInPlace(): Uint8Array {
    this.#end();
    return this.#output.view();
  }

  #end(): void {
    assert(!this.#finished, 'a blob is finished once');
    this.#dropTaken();
    if (this.#chunkAt >= 0) this.#closeChunk();
    this.#finished = true;
    this.#checksums.f64(this.#total);
    this.#output.u32(0);
    this.#output.f64(this.#total);
    this.#output.u32(this.#checksum(this.#checksums.view(), 0));
  }

  get #openBytes(): number {
    return this.#chunkAt < 0 ? 0 : this.#output.length - this.#chunkAt - CHUNK_HEADER_BYTES;
  }

  #openChunk(): void {
    this.#chunkAt = this.#output.length;
    this.#output.u32(0);
    this.#output.u32(0);
  }

  #closeChunk(): void {
    const content = this.#output.view(this.#chunkAt + CHUNK_HEADER_BYTES);
    this.#output.patchU32(this.#chunkAt, content.length);
    this.#output.patchU32(this.#chunkAt + 4, this.#count(content));
    this.#chunkAt = -1;
  }

  /** Counts a chunk that is whole; gives its checksum. */
  #count(content: Uint8Array): number {
    const checksum = chunkChecksum(this.#checksum, this.#chunks++, content);
    this.#checksums.u32(checksum);
    this.#total += content.length;
    return checksum;
  }

  #dropTaken(): void {
    if (this.#taken === 0) return;
    const rest = this.#output.length - this.#taken;
    this.#output.view().copyWithin(0, this.#taken);
    this.#output.truncate(rest);
    if (this.#chunkAt >= 0) this.#chunkAt -= this.#taken;
    this.#taken = 0;
  }
}

/** A blob around content that is all there. */
export function wrapBlob(content: Uint8Array, chunkBytes: number = MAX_CHUNK_BYTES): Uint8Array<ArrayBuffer> {
  const writer = new BlobWriter(chunkBytes);
  writer.write(content);
  return writer.finish();
}

/**
 * The content of a blob, verified: throws `FormatUnknown` for other data or versions and `BlobDamaged` for anything cut,
 * changed, moved or appended. `name` is what the message calls it.
 */
export function unwrapBlob(blob: Uint8Array, name: string = 'the blob'): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(blob.length);
  let length = 0;
  readBlob(
    blob,
    (chunk) => {
      content.set(chunk, length);
      length += chunk.length;
    },
    name,
  );
  return content.subarray(0, length);
}

/** Verifies a blob without keeping its content; returns how many bytes that is. Throws as {@link unwrapBlob}. */
export function verifyBlob(blob: Uint8Array, name: string = 'the blob'): number {
  return readBlob(blob, ignore, name);
}

/**
 * Hands the chunks of a blob over, each once verified; returns the bytes of content. What was handed over counts only when this
 * returns: damage may lie in a later chunk.
 */
export function readBlob(blob: Uint8Array, take: (chunk: Uint8Array) => void, name: string = 'the blob'): number {
  const reader = new ByteReader(blob);
  const checksumOf = readHeader(reader, name);
  const checksums = new ByteWriter(64);
  let chunks = 0;
  let total = 0;
  for (;;) {
    const length = need(reader, 4, name).u32();
    if (length === 0) break;
    if (length > MAX_CHUNK_BYTES) throw damaged(name, `chunk ${chunks} says it has ${length} bytes`);
    const checksum = need(reader, CHUNK_HEADER_BYTES - 4, name).u32();
    const content = need(reader, length, name).bytes(length);
    if (chunkChecksum(checksumOf, chunks, content) !== checksum) throw damaged(name, `the checksum of chunk ${chunks} is wrong`);
    checksums.u32(checksum);
    chunks++;
    total += length;
    take(content);
  }
  need(reader, TRAILER_BYTES - 4, name);
  const announced = reader.f64();
  checksums.f64(announced);
  if (checksumOf(checksums.view(), 0) !== reader.u32()) throw damaged(name, 'the checksum at its end is wrong');
  if (announced !== total) throw damaged(name, `it has ${total} bytes instead of ${announced}`);
  if (reader.remaining > 0) throw damaged(name, `${reader.remaining} bytes follow its end`);
  return total;
}

/** The content of a blob's first chunk, verified; undefined when `beginning` does not hold it whole, or there is none. */
export function firstChunk(beginning: Uint8Array, name: string = 'the blob'): Uint8Array | undefined {
  const reader = new ByteReader(beginning);
  const checksumOf = readHeader(reader, name);
  if (reader.remaining < CHUNK_HEADER_BYTES) return undefined;
  const length = reader.u32();
  const checksum = reader.u32();
  if (length > MAX_CHUNK_BYTES) throw damaged(name, `chunk 0 says it has ${length} bytes`);
  if (length === 0 || reader.remaining < length) return undefined;
  const content = reader.bytes(length);
  if (chunkChecksum(checksumOf, 0, content) !== checksum) throw damaged(name, 'the checksum of chunk 0 is wrong');
  return content;
}

/** Reads what a blob begins with; gives the checksum of its version. */
function readHeader(reader: ByteReader, name: string): Checksum {
  need(reader, HEADER_BYTES, name);
  for (const byte of MAGIC) {
    if (reader.u8() !== byte) throw FormatUnknown.error({ what: `${name} does not begin as a blob of Millrace does` });
  }
  const version = reader.u16();
  const checksum = CHECKSUMS[version - 1];
  if (checksum === undefined) throw FormatUnknown.error({ what: `${name} has the version ${version}; this version of Millrace reads 1 to ${CHECKSUMS.length}` });
  return checksum;
}

function need(reader: ByteReader, count: number, name: string): ByteReader {
  if (reader.remaining < count) throw damaged(name, 'it is cut short');
  return reader;
}

function chunkChecksum(checksum: Checksum, number: number, content: Uint8Array): number {
  numberBytes.setUint32(0, number, true);
  return checksum(content, checksum(numberView, 0));
}

const numberBytes = new DataView(new ArrayBuffer(4));
const numberView = new Uint8Array(numberBytes.buffer);

function damaged(name: string, why: string): Error {
  return BlobDamaged.error({ what: `${name} is damaged: ${why}` });
}

function ignore(): void {}

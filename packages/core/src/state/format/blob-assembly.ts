import { ByteWriter } from '../../base/bytes.js';
import { BlobWriter, type Checksum, MAX_CHUNK_BYTES } from '../../record/chunked-blob.js';
import type { BlobInFile, BlobInMemory } from '../operator-snapshot.js';
import { KeyGroupTooLarge } from '../errors.js';
import { type BlobHeader, placeText, writeHeader } from './key-group-blob.js';
import type { RecordStream, SectionWriter } from './section-writer.js';
import type { SpillFile } from './spill-file.js';

/** Chunks of a blob in a file: what a reader has to verify before it knows the blob's header. */
const CHUNK_BYTES = 256 * 1024;
/** A piece of at least so many bytes is a chunk of its own, which goes to the file without a copy. */
const APART_BYTES = 64 * 1024;
/** A blob is restored as a whole, so it is not made larger than an array can be. */
const LARGEST_BYTES = 2 ** 31;
/** Bytes that go to the file in one go. */
const WRITE_BYTES = 256 * 1024;
/** Room for the description of an operator's states; larger ones make the buffer grow. */
const HEADER_ROOM = 1024;

/** Where the blobs go that do not stay in memory. */
export interface BlobFile {
  readonly file: SpillFile;
  /** Memory that one blob after the other is made in. */
  readonly buffer: ByteWriter;
  /** What the blob's chunks are checked by; without it they are of the older version. */
  readonly crc32: Checksum | null;
}

/**
 * Puts the blob of a key group together from the sections of its states, piece by piece: in memory, or, with `out`, in a file
 * as it grows.
 */
export class BlobAssembly {
  readonly #header: BlobHeader;
  readonly #blob: BlobWriter;
  readonly #pieces: Iterator<Uint8Array>;
  readonly #file: SpillFile | null;
  readonly #offset: number;
  #waiting: number;

  /** `sections` go with `header.states` by index. Throws `KeyGroupTooLarge`. */
  constructor(header: BlobHeader, sections: readonly (SectionWriter | undefined)[], out: BlobFile | null, largestBytes: number = LARGEST_BYTES) {
    refuseTooLarge(header, sections, largestBytes);
    this.#header = header;
    this.#file = out?.file ?? null;
    this.#blob = out === null ? new BlobWriter(MAX_CHUNK_BYTES, new ByteWriter(BlobWriter.sizeFor(expectedBytes(sections)))) : new BlobWriter(CHUNK_BYTES, out.buffer, out.crc32);
    this.#pieces = contentOf(header, sections);
    this.#offset = this.#file?.size ?? 0;
    this.#waiting = 0;
  }

  /** Does some of the work; the blob once it is all done. */
  step(): BlobInMemory | BlobInFile | undefined {
    const piece = this.#pieces.next();
    if (piece.done === true) return this.#finish();
    if (this.#file !== null && piece.value.length >= APART_BYTES) {
      this.#file.append(this.#blob.chunkApart(piece.value));
      this.#file.append(piece.value);
      this.#waiting = 0;
      return undefined;
    }
    this.#blob.write(piece.value);
    this.#waiting += piece.value.length;
    if (this.#file !== null && this.#waiting >= WRITE_BYTES) this.#moveOut(this.#file);
    return undefined;
  }

  #finish(): BlobInMemory | BlobInFile {
    const { keyGroup, kind } = this.#header;
    if (this.#file === null) return { keyGroup, kind, bytes: this.#blob.finish() };
    this.#file.append(this.#blob.finishInPlace());
    return { keyGroup, kind, stretch: { path: this.#file.path, offset: this.#offset, length: this.#file.size - this.#offset } };
  }

  #moveOut(file: SpillFile): void {
    const ready = this.#blob.take();
    if (ready !== undefined) file.append(ready);
    this.#waiting = 0;
  }
}

function refuseTooLarge(header: BlobHeader, sections: readonly (SectionWriter | undefined)[], largestBytes: number): void {
  const bytes = sections.reduce((sum, section) => sum + (section?.length ?? 0), 0);
  if (bytes <= largestBytes) return;
  throw KeyGroupTooLarge.error({
    what: `the state of ${placeText(header)} has ${bytes} bytes; ${largestBytes} at most can be restored`,
    where: { operator: header.operatorUid },
  });
}

/** What the contents have, with room for the header. */
function expectedBytes(sections: readonly (SectionWriter | undefined)[]): number {
  return sections.reduce((sum, section) => sum + (section?.length ?? 0), HEADER_ROOM);
}

/** A blob that is put together in one go, in memory. */
export function writeBlob(header: BlobHeader, sections: readonly (SectionWriter | undefined)[]): Uint8Array {
  const assembly = new BlobAssembly(header, sections, null);
  for (;;) {
    const blob = assembly.step();
    if (blob?.bytes !== undefined) return blob.bytes;
  }
}

/** The contents of a blob (decision 0003) in pieces. */
function* contentOf(header: BlobHeader, sections: readonly (SectionWriter | undefined)[]): Generator<Uint8Array> {
  const writer = new ByteWriter(1024);
  writeHeader(header, writer);
  const filled = sections.flatMap((section, index) => (section === undefined || section.isEmpty ? [] : [{ section, index }]));
  writer.varint32(filled.length);
  for (const { section, index } of filled) {
    writer.varint32(index);
    yield* sized(section.removed, writer);
    yield* sized(section.entries, writer);
  }
  if (writer.length > 0) yield writer.view();
}

function* sized(stream: RecordStream | null, writer: ByteWriter): Generator<Uint8Array> {
  writer.varint53(stream?.length ?? 0);
  if (stream === null || stream.length === 0) return;
  yield writer.view();
  writer.reset();
  yield* stream.pieces();
}

import { ByteWriter } from '../../base/bytes.js';
import type { FileHandle } from '../../base/platform-files.js';
import type { Platform } from '../../base/platform.js';
import type { Encoder } from '../../connector/format.js';

/** What is gathered before it goes to the disk. */
const BUFFER_BYTES = 65_536;
/** Packed data are gathered longer: each time a piece of its own is packed. */
const PACKED_BUFFER_BYTES = 512 * 1024;

/** Where a part stands and what it will be called. Paths are relative to the output directory. */
export interface PartPlace {
  readonly hidden: string;
  readonly final: string;
}

/** A part file that is being written. */
export class PartFile<T> {
  readonly place: PartPlace;
  readonly partition: string;
  /** When it was opened, epoch milliseconds. */
  readonly openedAt: number;
  readonly #platform: Platform;
  readonly #handle: FileHandle;
  readonly #encoder: Encoder<T>;
  readonly #separator: string;
  readonly #buffer: ByteWriter;
  readonly #packed: boolean;
  #written: number;

  constructor(platform: Platform, root: string, place: PartPlace, partition: string, encoder: Encoder<T>, separator: string, packed: boolean) {
    this.place = place;
    this.partition = partition;
    this.openedAt = platform.clock.now();
    this.#platform = platform;
    this.#encoder = encoder;
    this.#separator = separator;
    this.#packed = packed;
    this.#buffer = new ByteWriter(4096);
    this.#written = 0;
    this.#handle = platform.files.open(`${root}/${place.hidden}`, 'createNew');
    const header = encoder.header?.();
    if (header !== undefined) this.#buffer.utf8(header);
  }

  /** Bytes so far: on the disk, and gathered. */
  get size(): number {
    return this.#written + this.#buffer.length;
  }

  /** Adds a record. When it cannot be encoded, nothing of it is added. */
  write(value: T): void {
    const buffer = this.#buffer;
    const before = buffer.length;
    try {
      this.#encoder.encode(value, buffer);
      buffer.utf8(this.#separator);
    } catch (error) {
      buffer.truncate(before);
      throw error;
    }
    if (buffer.length >= (this.#packed ? PACKED_BUFFER_BYTES : BUFFER_BYTES)) this.#spill();
  }

  /** Makes everything durable; gives the length of the file. */
  sync(): number {
    this.#spill();
    this.#handle.sync();
    return this.#written;
  }

  close(): void {
    this.#handle.close();
  }

  #spill(): void {
    const gathered = this.#buffer.view();
    if (gathered.length === 0) return;
    const bytes = this.#packed ? this.#platform.digests.gzip(gathered) : gathered;
    this.#handle.write(bytes);
    this.#written += bytes.length;
    this.#buffer.reset();
  }
}

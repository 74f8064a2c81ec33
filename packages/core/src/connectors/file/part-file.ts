import type { FileHandle } from '../../base/platform-files.js';
import type { Platform } from '../../base/platform.js';
import type { Encoder } from '../../connector/format.js';
import { GatheredOutput } from './gathered-output.js';

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
  readonly #gathered: GatheredOutput;
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
    this.#gathered = new GatheredOutput();
    this.#written = 0;
    this.#handle = platform.files.open(`${root}/${place.hidden}`, 'createNew');
    const header = encoder.header?.();
    if (header !== undefined) this.#gathered.utf8(header);
  }

  /** Bytes so far: on the disk, and gathered. */
  get size(): number {
    return this.#written + this.#gathered.settled().length;
  }

  /** As `size` but for text beyond ASCII that is still gathered, which counts by its characters. */
  get sizeAtLeast(): number {
    return this.#written + this.#gathered.lengthAtLeast;
  }

  /** Adds a record. When it cannot be encoded, nothing of it is added. */
  write(value: T): void {
    const gathered = this.#gathered;
    const { text } = gathered;
    const { length } = gathered.bytesBefore;
    try {
      this.#encoder.encode(value, gathered);
      gathered.utf8(this.#separator);
    } catch (error) {
      gathered.goBack(length, text);
      throw error;
    }
    if (gathered.lengthAtLeast >= (this.#packed ? PACKED_BUFFER_BYTES : BUFFER_BYTES)) this.#spill();
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
    const buffer = this.#gathered.settled();
    const gathered = buffer.view();
    if (gathered.length === 0) return;
    const bytes = this.#packed ? this.#platform.digests.gzip(gathered) : gathered;
    this.#handle.write(bytes);
    this.#written += bytes.length;
    buffer.reset();
  }
}

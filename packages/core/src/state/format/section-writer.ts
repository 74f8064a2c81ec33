import { ByteWriter } from '../../base/bytes.js';
import { TAG } from './tags.js';

/** Room a stream starts with: most key groups of most states are small. */
const FIRST_CAPACITY = 64;

/** Records one after the other. The namespace is written only where it differs from that of the record before. */
export class RecordStream {
  readonly bytes: ByteWriter;
  #start: number;
  #end: number;

  constructor() {
    this.bytes = new ByteWriter(FIRST_CAPACITY);
    this.#start = 0;
    this.#end = 0;
  }

  /** Begins a record of the given namespace. */
  begin(tag: number, start: number, end: number): ByteWriter {
    const { bytes } = this;
    if (start !== this.#start || end !== this.#end) {
      bytes.u8(TAG.namespace);
      bytes.f64(start);
      bytes.f64(end);
      this.#start = start;
      this.#end = end;
    }
    bytes.u8(tag);
    return bytes;
  }
}

/** What one state writes for one key group: what is gone, and what is there. A reader takes the first before the second. */
export class SectionWriter {
  removed: RecordStream | null;
  readonly entries: RecordStream;

  constructor() {
    this.removed = null;
    this.entries = new RecordStream();
  }

  /** The stream of removals, made when first needed. */
  removals(): RecordStream {
    return (this.removed ??= new RecordStream());
  }

  get isEmpty(): boolean {
    return this.removed === null && this.entries.bytes.length === 0;
  }
}

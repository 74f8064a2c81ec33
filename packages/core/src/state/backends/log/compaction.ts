import { crc32c } from '../../../base/crc32c.js';
import { HEADER_BYTES, type RecordOwner, type Segment, type SegmentLog, u32At } from './segment-log.js';

/** A segment is worth copying once this share of it is garbage: then a byte written is copied once on average. */
const GARBAGE_SHARE = 0.5;
/** One step reads and copies about so many bytes. */
const STEP_BYTES = 64 * 1024;
/** Whoever writes helps when the log is more than so many times as large as what counts in it. */
const ASSIST_FACTOR = 3;
/** A writer that helps copies so many times what it writes. */
const ASSIST_PACE = 4;

/** Copies what still counts out of segments that are mostly garbage, a few records at a time, and removes the segments. */
export class Compaction {
  readonly #log: SegmentLog;
  readonly #owners: ReadonlyMap<number, RecordOwner>;
  readonly #slack: number;
  #victim: Segment | null;
  #at: number;
  #buffer: Uint8Array;
  #debt: number;

  constructor(log: SegmentLog, owners: ReadonlyMap<number, RecordOwner>, segmentBytes: number) {
    this.#log = log;
    this.#owners = owners;
    this.#slack = segmentBytes * 8;
    this.#victim = null;
    this.#at = 0;
    this.#buffer = new Uint8Array(0);
    this.#debt = 0;
  }

  /** Copies a piece; false when there is nothing worth copying. */
  step(): boolean {
    const log = this.#log;
    if (this.#victim === null || !log.holds(this.#victim)) {
      this.#victim = log.worstSegment(GARBAGE_SHARE) ?? null;
      this.#at = 0;
      if (this.#victim === null) return false;
    }
    const victim = this.#victim;
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(STEP_BYTES);
    const got = log.fill(victim, this.#buffer, this.#at);
    const used = this.#copyRecords(victim, got);
    if (used === 0) this.#enlarge(victim, got);
    else if (this.#buffer.length > STEP_BYTES) this.#buffer = new Uint8Array(STEP_BYTES);
    this.#at += used;
    if (this.#at < victim.size) return true;
    this.#victim = null;
    if (log.holds(victim)) throw log.damaged(victim, this.#at, 'records that still count were not found');
    return true;
  }

  /** Keeps the log from growing without end when nobody has time for compaction: called with every write. */
  assist(bytes: number): void {
    const log = this.#log;
    if (log.totalBytes < log.liveBytes * ASSIST_FACTOR + this.#slack) return;
    this.#debt += bytes * ASSIST_PACE;
    if (this.#debt < STEP_BYTES) return;
    this.#debt = 0;
    this.step();
  }

  /** Copies the records that lie whole in the buffer; returns how many bytes they and the garbage between take. */
  #copyRecords(victim: Segment, got: number): number {
    const buffer = this.#buffer;
    const segment = victim.id;
    let at = 0;
    while (at + HEADER_BYTES <= got) {
      const offset = this.#at + at;
      const length = u32At(buffer, at + 4);
      if (length < HEADER_BYTES || offset + length > victim.size) throw this.#log.damaged(victim, offset, 'a record has an impossible length');
      if (at + length > got) break;
      const owner = this.#owners.get(u32At(buffer, at + 8));
      const slot = u32At(buffer, at + 12);
      if (owner !== undefined && owner.isAt(slot, segment, offset)) {
        if (crc32c(buffer, 0, at + 4, at + length) !== u32At(buffer, at)) throw this.#log.damaged(victim, offset, 'a checksum does not match');
        this.#log.copy(buffer.subarray(at, at + length));
        owner.moved(slot, this.#log.segment, this.#log.offset);
        this.#log.release(segment, length);
      }
      at += length;
      if (!this.#log.holds(victim)) return victim.size - this.#at;
    }
    return at;
  }

  /** A record larger than the buffer: the next step reads it whole. */
  #enlarge(victim: Segment, got: number): void {
    const needed = got >= HEADER_BYTES ? u32At(this.#buffer, 4) : 0;
    if (needed <= this.#buffer.length) throw this.#log.damaged(victim, this.#at, 'the file ends too early');
    this.#buffer = new Uint8Array(needed);
  }
}

import { assert } from '../base/assert.js';

/** A record whose call is under way, done, or not yet begun. */
export interface AsyncEntry {
  readonly kind: 'call';
  readonly value: unknown;
  readonly timestamp: number;
  /** Attempts begun. 0: the call waits for its turn. */
  attempt: number;
  /** Set by the first completion; later ones find it and are ignored. */
  settled: boolean;
  result: unknown;
  /** Processing time at which the record's time is over. */
  deadline: number;
  controller: AbortController | undefined;
}

/** A watermark that waits for the results of the records before it. */
interface WatermarkEntry {
  readonly kind: 'watermark';
  readonly watermark: number;
}

/** The stream became idle or active after the records before it. */
interface StatusEntry {
  readonly kind: 'status';
  readonly idle: boolean;
}

/**
 * The order in which results and watermarks leave. In order: like a queue. Unordered: results between two watermarks
 * leave as they come, but none passes a watermark or a status in either direction (rule 33).
 */
export class AsyncQueue {
  readonly #ordered: boolean;
  /** Everything behind the current segment, and in ordered mode everything. */
  #entries: (AsyncEntry | StatusEntry | WatermarkEntry)[];
  #head: number;
  /** Unordered: the records before the first watermark, and those of them that are done. */
  readonly #segment: Set<AsyncEntry>;
  #ready: AsyncEntry[];
  #readyHead: number;

  constructor(ordered: boolean) {
    this.#ordered = ordered;
    this.#entries = [];
    this.#head = 0;
    this.#segment = new Set();
    this.#ready = [];
    this.#readyHead = 0;
  }

  add(entry: AsyncEntry): void {
    if (!this.#ordered && this.#head === this.#entries.length) this.#segment.add(entry);
    else this.#entries.push(entry);
  }

  addWatermark(watermark: number): void {
    this.#entries.push({ kind: 'watermark', watermark });
  }

  addStatus(idle: boolean): void {
    this.#entries.push({ kind: 'status', idle });
  }

  /** An entry has its result. */
  settled(entry: AsyncEntry): void {
    if (this.#segment.delete(entry)) this.#ready.push(entry);
  }

  /** True when something may leave now. */
  get hasNext(): boolean {
    if (this.#readyHead < this.#ready.length) return true;
    const first = this.#entries[this.#head];
    return first !== undefined && this.#segment.size === 0 && (first.kind !== 'call' || !this.#ordered || first.settled);
  }

  /** Takes out what may leave now. Called only when there is something. */
  next(): AsyncEntry | StatusEntry | WatermarkEntry {
    if (this.#readyHead < this.#ready.length) {
      const entry = this.#ready[this.#readyHead++]!;
      if (this.#readyHead === this.#ready.length) {
        this.#ready = [];
        this.#readyHead = 0;
      }
      return entry;
    }
    const first = this.#entries[this.#head++];
    assert(first !== undefined, 'something may leave when it is taken');
    if (!this.#ordered) this.#openSegment();
    this.#compact();
    return first;
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length && this.#segment.size === 0 && this.#ready.length === 0;
  }

  /** All records that have not left, in the order of their arrival within each part. */
  *calls(): Iterable<AsyncEntry> {
    for (let i = this.#readyHead; i < this.#ready.length; i++) yield this.#ready[i]!;
    yield* this.#segment;
    for (let i = this.#head; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      if (entry.kind === 'call') yield entry;
    }
  }

  /** A watermark has left: the records up to the next one may now leave as they come. */
  #openSegment(): void {
    for (let entry = this.#entries[this.#head]; entry !== undefined && entry.kind === 'call'; entry = this.#entries[this.#head]) {
      this.#head++;
      if (entry.settled) this.#ready.push(entry);
      else this.#segment.add(entry);
    }
  }

  #compact(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}

import type { Namespace } from '../backend.js';

/** Rows of one page: a longer array would be copied at once when it grows. */
const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;
/** Rows of the first page at the start; it doubles until it is full. */
const SMALLEST = 32;

/** No timer. */
export const NO_TIMER = -1;

/** Columns of so many timers. */
interface Page {
  readonly length: number;
  readonly times: Float64Array;
  /** The sequence of registration within a key group, beyond 32 bits in a long life. */
  readonly sequences: Float64Array;
  /** Where the key is in the directory, which keeps it as long as there is the timer; when the timer is gone, all bits are turned. */
  readonly places: Int32Array;
  /** The next timer in the chain of the index; of a free row the next free one. */
  readonly next: Int32Array;
  /** The version in which each was registered (see `Epochs`). */
  readonly madeIn: Int32Array;
  /** The version of the last snapshot that holds it. */
  readonly written: Int32Array;
  /** Null while no timer of the page has one. */
  namespaces: (Namespace | null)[] | null;
}

/**
 * The timers of one time domain as rows of typed arrays. As objects they would live for as long as event time lies ahead
 * of the watermark, which is long enough for the collector to move each of them twice.
 *
 * A row that has fired or was deleted is gone, and free once the queue has come across it.
 */
export class TimerRows {
  readonly #pages: Page[];
  #limit: number;
  #free: number;

  constructor() {
    this.#pages = [];
    this.#limit = 0;
    this.#free = NO_TIMER;
  }

  /** Takes a row for a timer. */
  take(place: number, time: number, sequence: number, namespace: Namespace | null, madeIn: number): number {
    let row = this.#free;
    if (row === NO_TIMER) row = this.#limit === this.#room ? this.#grow() : this.#limit++;
    else this.#free = this.next(row);
    const page = this.#pages[row >>> PAGE_BITS]!;
    const at = row & MASK;
    page.times[at] = time;
    page.sequences[at] = sequence;
    page.places[at] = place;
    page.next[at] = NO_TIMER;
    page.madeIn[at] = madeIn;
    page.written[at] = 0;
    if (namespace !== null) (page.namespaces ??= new Array<Namespace | null>(page.length).fill(null))[at] = namespace;
    return row;
  }

  /** The row is for another timer now. */
  free(row: number): void {
    const page = this.#pages[row >>> PAGE_BITS]!;
    if (page.namespaces !== null) page.namespaces[row & MASK] = null;
    page.next[row & MASK] = this.#free;
    this.#free = row;
  }

  timeOf(row: number): number {
    return this.#pages[row >>> PAGE_BITS]!.times[row & MASK]!;
  }

  sequenceOf(row: number): number {
    return this.#pages[row >>> PAGE_BITS]!.sequences[row & MASK]!;
  }

  /** The place of its key in the directory; negative when it is gone. */
  placeOf(row: number): number {
    return this.#pages[row >>> PAGE_BITS]!.places[row & MASK]!;
  }

  namespaceOf(row: number): Namespace | null {
    const { namespaces } = this.#pages[row >>> PAGE_BITS]!;
    return namespaces === null ? null : namespaces[row & MASK]!;
  }

  madeIn(row: number): number {
    return this.#pages[row >>> PAGE_BITS]!.madeIn[row & MASK]!;
  }

  writtenIn(row: number): number {
    return this.#pages[row >>> PAGE_BITS]!.written[row & MASK]!;
  }

  /** The snapshot of a version holds it. */
  markWritten(row: number, version: number): void {
    this.#pages[row >>> PAGE_BITS]!.written[row & MASK] = version;
  }

  next(row: number): number {
    return this.#pages[row >>> PAGE_BITS]!.next[row & MASK]!;
  }

  setNext(row: number, next: number): void {
    this.#pages[row >>> PAGE_BITS]!.next[row & MASK] = next;
  }

  /** Whether it has fired or was deleted. */
  isGone(row: number): boolean {
    return this.placeOf(row) < 0;
  }

  /** It fires or is deleted. */
  leave(row: number): void {
    const { places } = this.#pages[row >>> PAGE_BITS]!;
    places[row & MASK] = ~places[row & MASK]!;
  }

  /** The order in which two timers fire; `groupMask` says which bits of a place tell the key group. The order of what is gone does not change. */
  compare(left: number, right: number, groupMask: number): number {
    const leftTime = this.timeOf(left);
    const rightTime = this.timeOf(right);
    if (leftTime !== rightTime) return leftTime < rightTime ? -1 : 1;
    const leftPlace = this.placeOf(left);
    const rightPlace = this.placeOf(right);
    const groups = ((leftPlace ^ (leftPlace >> 31)) & groupMask) - ((rightPlace ^ (rightPlace >> 31)) & groupMask);
    return groups === 0 ? this.sequenceOf(left) - this.sequenceOf(right) : groups;
  }

  /** Whether it is the timer of this time and namespace. */
  is(row: number, time: number, namespace: Namespace | null): boolean {
    if (this.timeOf(row) !== time) return false;
    const own = this.namespaceOf(row);
    if (own === null || namespace === null) return own === namespace;
    return own.start === namespace.start && own.end === namespace.end;
  }

  /** How many rows there is room for. */
  get #room(): number {
    const pages = this.#pages.length;
    return pages === 0 ? 0 : (pages - 1) * PAGE + this.#pages[pages - 1]!.length;
  }

  /** Makes room for more rows and takes the first of them. */
  #grow(): number {
    const last = this.#pages.at(-1);
    if (last === undefined) this.#pages.push(page(SMALLEST));
    else if (last.length === PAGE) this.#pages.push(page(PAGE));
    else this.#pages[this.#pages.length - 1] = enlarged(last, Math.min(PAGE, last.length * 2));
    return this.#limit++;
  }
}

function page(length: number): Page {
  return {
    length,
    times: new Float64Array(length),
    sequences: new Float64Array(length),
    places: new Int32Array(length),
    next: new Int32Array(length),
    madeIn: new Int32Array(length),
    written: new Int32Array(length),
    namespaces: null,
  };
}

function enlarged(from: Page, length: number): Page {
  const to = page(length);
  to.times.set(from.times);
  to.sequences.set(from.sequences);
  to.places.set(from.places);
  to.next.set(from.next);
  to.madeIn.set(from.madeIn);
  to.written.set(from.written);
  if (from.namespaces !== null) to.namespaces = [...from.namespaces, ...new Array<null>(length - from.length).fill(null)];
  return to;
}

import type { Namespace } from '../backend.js';

/** Rows of one page: a longer array would be copied at once when it grows. */
const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;
/** Rows of the first page at the start; it doubles until it is full. */
const SMALLEST = 32;

/** No timer. */
export const NO_TIMER = -1;
const NO_PAGE = -1;
/** In rows that were never taken. */
const NO_PLACE = -1;

/** Columns of so many timers. */
interface Page {
  readonly length: number;
  /** Rows that are taken. */
  used: number;
  /** The first free row that was taken before, and the first that never was. */
  free: number;
  fresh: number;
  readonly times: Float64Array;
  /** The sequence of registration within a key group, beyond 32 bits in a long life. */
  readonly sequences: Float64Array;
  /** Where the key is in the directory, which keeps it as long as there is the timer; negative where there is none: of one that is gone all bits are turned. */
  readonly places: Int32Array;
  /** The next timer in the chain of the index; of a free row the next free one of the page. */
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
 * A row that has fired or was deleted is gone, and free once the queue has come across it. A page whose rows are all free goes
 * to the collector.
 */
export class TimerRows {
  /** Undefined where there was one. */
  readonly #pages: (Page | undefined)[];
  readonly #vacant: number[];
  /** The page that rows are taken from, and the others that have free ones. */
  #current: number;
  readonly #open: number[];

  constructor() {
    this.#pages = [];
    this.#vacant = [];
    this.#current = NO_PAGE;
    this.#open = [];
  }

  /** How many rows there is room for. */
  get room(): number {
    return this.#pages.reduce((rows, one) => rows + (one?.length ?? 0), 0);
  }

  /** Takes a row for a timer. */
  take(place: number, time: number, sequence: number, namespace: Namespace | null, madeIn: number): number {
    if (this.#current === NO_PAGE) this.#current = this.#open.pop() ?? this.#grow();
    const number = this.#current;
    const page = this.#pages[number]!;
    let at = page.free;
    if (at === NO_TIMER) at = page.fresh++;
    else page.free = page.next[at]!;
    if (++page.used === page.length) this.#current = NO_PAGE;
    page.times[at] = time;
    page.sequences[at] = sequence;
    page.places[at] = place;
    page.next[at] = NO_TIMER;
    page.madeIn[at] = madeIn;
    page.written[at] = 0;
    if (namespace !== null) (page.namespaces ??= new Array<Namespace | null>(page.length).fill(null))[at] = namespace;
    return (number << PAGE_BITS) | at;
  }

  /** The row is for another timer now. */
  free(row: number): void {
    const number = row >>> PAGE_BITS;
    const page = this.#pages[number]!;
    const at = row & MASK;
    if (page.namespaces !== null) page.namespaces[at] = null;
    page.next[at] = page.free;
    page.free = at;
    if (page.used-- === page.length) this.#open.push(number);
    if (page.used === 0 && number !== this.#current) this.#drop(number);
  }

  timeOf(row: number): number {
    return this.#pages[row >>> PAGE_BITS]!.times[row & MASK]!;
  }

  sequenceOf(row: number): number {
    return this.#pages[row >>> PAGE_BITS]!.sequences[row & MASK]!;
  }

  /** Whether there is a timer in what was a row once, whose page may be gone, or another one by now. */
  holds(row: number): boolean {
    const page = this.#pages[row >>> PAGE_BITS];
    return page !== undefined && page.places[row & MASK]! >= 0;
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

  #drop(number: number): void {
    this.#pages[number] = undefined;
    this.#vacant.push(number);
    this.#open.splice(this.#open.indexOf(number), 1);
  }

  /** Makes room for more rows and gives its page. All that there are are full; the first one begins small. */
  #grow(): number {
    const first = this.#pages[0];
    if (first !== undefined && first.length < PAGE) {
      this.#pages[0] = enlarged(first, Math.min(PAGE, first.length * 2));
      return 0;
    }
    const number = this.#vacant.pop() ?? this.#pages.length;
    this.#pages[number] = page(number === 0 ? SMALLEST : PAGE);
    return number;
  }
}

function page(length: number): Page {
  return {
    length,
    used: 0,
    free: NO_TIMER,
    fresh: 0,
    times: new Float64Array(length),
    sequences: new Float64Array(length),
    places: new Int32Array(length).fill(NO_PLACE),
    next: new Int32Array(length),
    madeIn: new Int32Array(length),
    written: new Int32Array(length),
    namespaces: null,
  };
}

function enlarged(from: Page, length: number): Page {
  const to = page(length);
  to.used = from.used;
  to.fresh = from.fresh;
  to.times.set(from.times);
  to.sequences.set(from.sequences);
  to.places.set(from.places);
  to.next.set(from.next);
  to.madeIn.set(from.madeIn);
  to.written.set(from.written);
  if (from.namespaces !== null) to.namespaces = [...from.namespaces, ...new Array<null>(length - from.length).fill(null)];
  return to;
}

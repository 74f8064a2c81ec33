import type { Accumulation } from './accumulation.js';

/** Stands where a key has no accumulator. An object, as most accumulators are: V8 expects at a comparison what it has seen there. */
export const NONE: unknown = Object.freeze({});

/** Keys of a block at most. What they need for one window lies in a few lines of the cache. */
export const MOST_ROWS = 64;
/** The column of a block without a front. */
const NO_FRONT: unknown[] = new Array<unknown>(MOST_ROWS).fill(NONE);

/**
 * The totals of a few keys over the slices of a window that slides, a row for each key.
 *
 * Accumulators can be merged but not taken apart, so a total cannot simply drop its oldest slice. Two stacks do it: the older slices (the front) are
 * kept as totals from each of them to the front's end, the younger (the back) as one growing total for each key. Leaving a slice behind is dropping
 * the first total of the front; when the front is used up, the back becomes a new one. So each slice costs three merges in its life, whatever the
 * number of slices in a window.
 *
 * All keys of a block leave slices behind at the same time, so there is a column for each slice, and what is read for one window lies together: the
 * first column, the totals of the back, the keys. Columns are used again, and live long: the collector has little to move.
 *
 * Blocks that have come at the same time would all make their new fronts for the same window: with 10,000 keys and 50 slices that one was 25 ms late,
 * once per window size. So each makes its first front early, some blocks at a time, and of few slices where it begins with many, as after a restore.
 *
 * It lives in memory only and can be made again from the slices at any time. Ends are given from a moment of the operator's, not from 1970: small
 * whole numbers need no object.
 */
export class TotalsBlock {
  /** The keys as users see them; undefined in a free row. */
  readonly keys: unknown[];
  /** Whether the total of a row is to be made again. */
  hasStale: boolean;
  readonly #rows: number;
  readonly #turnDelayMs: number;
  /** The free rows, as many as `#freeCount` says. */
  readonly #free: Uint8Array;
  #freeCount: number;
  /** The ends of the slices, oldest first; those before `#head` are left behind. */
  readonly #ends: number[];
  /** For each slice, up to `#split`, the totals from it to there, and behind that its accumulators. */
  readonly #columns: unknown[][];
  #head: number;
  #split: number;
  /** The column of totals of the front, and that of the slice behind it if that one leaves with the next window: else the same. */
  #front: unknown[];
  #younger: unknown[];
  /** Whether there has been a front since the first slice. */
  #hadFront: boolean;
  /** The totals of the slices from `#split` on. */
  readonly #backs: unknown[];
  /** 1 where that is not the accumulator of a slice. */
  readonly #backIsOwn: Uint8Array;
  /** 1 where a slice that is in the total was changed: it is to be made again before use. */
  readonly #stale: Uint8Array;
  readonly #spare: unknown[][];

  /** For so many keys. The first front is made with the slice that ends `turnDelayMs` after the first one, or when that one is left behind. */
  constructor(rows: number, turnDelayMs: number) {
    this.keys = new Array<unknown>(rows).fill(undefined);
    this.hasStale = false;
    this.#rows = rows;
    this.#turnDelayMs = turnDelayMs;
    this.#free = Uint8Array.from({ length: rows }, (_, at) => rows - 1 - at);
    this.#freeCount = rows;
    this.#ends = [];
    this.#columns = listOfColumns();
    this.#head = 0;
    this.#split = 0;
    this.#front = NO_FRONT;
    this.#younger = NO_FRONT;
    this.#hadFront = false;
    this.#backs = new Array<unknown>(rows).fill(NONE);
    this.#backIsOwn = new Uint8Array(rows);
    this.#stale = new Uint8Array(rows);
    this.#spare = listOfColumns();
  }

  get isFull(): boolean {
    return this.#freeCount === 0;
  }

  get isEmpty(): boolean {
    return this.#freeCount === this.#rows;
  }

  /** Gives a key a row of a block that is not full. */
  take(key: unknown): number {
    const row = this.#free[--this.#freeCount]!;
    this.keys[row] = key;
    return row;
  }

  /** Frees the row of a key that has no slice any more. */
  free(row: number): void {
    this.keys[row] = undefined;
    this.#free[this.#freeCount++] = row;
  }

  isStale(row: number): boolean {
    return this.#stale[row] !== 0;
  }

  markStale(row: number): void {
    this.#stale[row] = 1;
    this.hasStale = true;
  }

  /** Takes in the accumulator of the slice that ends at `end`, which is not older than any before. It is not changed. */
  append(row: number, end: number, slice: unknown, accumulation: Accumulation | undefined): void {
    const last = this.#ends.length - 1;
    if (last < 0 || this.#ends[last] !== end) this.#insert(last + 1, end)[row] = slice;
    else this.#columns[last]![row] = slice;
    this.#addToBack(row, slice, accumulation);
  }

  /** Leaves behind the slices that end at or before `start`: once for each window, before its totals. */
  evict(start: number, accumulation: Accumulation | undefined): void {
    const ends = this.#ends;
    // Columns are kept for slices to come: without a key there are none.
    if (this.isEmpty) this.#spare.length = 0;
    for (; this.#head < ends.length && ends[this.#head]! <= start; this.#head++) this.#spare.push(this.#columns[this.#head]!.fill(NONE));
    if (this.#head === ends.length) return this.#clear();
    if (this.#head > this.#split || (this.#head === this.#split && ends.at(-1)! - ends[this.#head]! >= this.#turnDelayMs)) this.#turn(accumulation);
  }

  /**
   * Puts the total of each key, or `NONE`, at its row. One is not to be changed unless `isOwn` says so. All that ends at or before `nextStart` is evicted
   * before the next call: a total of the front that nobody will ask for again is the one that is completed and given away.
   */
  totals(nextStart: number, accumulation: Accumulation | undefined, sums: unknown[], isOwn: Uint8Array): void {
    this.#chooseFront(nextStart);
    const { keys } = this;
    for (let row = 0; row < keys.length; row++) sums[row] = keys[row] === undefined ? NONE : this.#total(row, accumulation, isOwn);
  }

  #total(row: number, accumulation: Accumulation | undefined, isOwn: Uint8Array): unknown {
    const back = this.#backs[row];
    const front = this.#front[row];
    const younger = this.#younger[row];
    // Made for this slice only if there is a younger one, and it is not that one's.
    const isLast = younger !== NONE && younger !== front;
    const isBoth = front !== NONE && back !== NONE;
    isOwn[row] = isBoth || (front !== NONE && isLast) ? 1 : 0;
    if (isBoth) return merged(isLast ? front : copied(front, accumulation), back, accumulation);
    return front === NONE ? back : front;
  }

  #chooseFront(nextStart: number): void {
    const head = this.#head;
    this.#front = this.#split === head ? NO_FRONT : this.#columns[head]!;
    this.#younger = this.#split > head + 1 && this.#ends[head]! <= nextStart ? this.#columns[head + 1]! : this.#front;
  }

  /** Forgets all slices of a key, which are then {@link put} again, and {@link completed}. */
  reset(row: number): void {
    for (let at = this.#head; at < this.#columns.length; at++) this.#columns[at]![row] = NONE;
    this.#backs[row] = NONE;
    this.#stale[row] = 0;
  }

  /** Puts the accumulator of a slice back, oldest first; from a place on that is 0 at first and then what the call before gave. */
  put(row: number, from: number, end: number, slice: unknown): number {
    const ends = this.#ends;
    let at = Math.max(from, this.#head);
    while (at < ends.length && ends[at]! < end) at++;
    const column = at < ends.length && ends[at] === end ? this.#columns[at]! : this.#insert(at, end);
    column[row] = slice;
    return at + 1;
  }

  /** All slices of a key are back. */
  completed(row: number, accumulation: Accumulation | undefined): void {
    const columns = this.#columns;
    for (let at = this.#split - 2; at >= this.#head; at--) columns[at]![row] = taken(columns[at]![row], columns[at + 1]![row], accumulation);
    for (let at = this.#split; at < columns.length; at++) {
      const slice = columns[at]![row];
      if (slice !== NONE) this.#addToBack(row, slice, accumulation);
    }
  }

  #addToBack(row: number, slice: unknown, accumulation: Accumulation | undefined): void {
    const back = this.#backs[row];
    if (back === NONE) {
      this.#backs[row] = slice;
      this.#backIsOwn[row] = 0;
      return;
    }
    const sum = merged(this.#backIsOwn[row] === 0 ? copied(back, accumulation) : back, slice, accumulation);
    this.#backIsOwn[row] = 1;
    if (sum !== back) this.#backs[row] = sum;
  }

  /** Makes all slices the front, or at first those within the delay. None of them is in the present one any more. */
  #turn(accumulation: Accumulation | undefined): void {
    const columns = this.#columns;
    const ends = this.#ends;
    const rows = this.#rows;
    columns.splice(0, this.#head);
    ends.splice(0, this.#head);
    this.#head = 0;
    let split = columns.length;
    if (!this.#hadFront) while (ends[split - 1]! - ends[0]! > this.#turnDelayMs) split--;
    this.#hadFront = true;
    this.#split = split;
    this.#backs.fill(NONE);
    for (let at = split - 2; at >= 0; at--) {
      const column = columns[at]!;
      const younger = columns[at + 1]!;
      for (let row = 0; row < rows; row++) column[row] = taken(column[row], younger[row], accumulation);
    }
    for (let at = split; at < columns.length; at++) {
      const column = columns[at]!;
      for (let row = 0; row < rows; row++) if (column[row] !== NONE) this.#addToBack(row, column[row], accumulation);
    }
  }

  /** All slices are left behind. */
  #clear(): void {
    if (this.#head === 0) return;
    this.#ends.length = 0;
    this.#columns.length = 0;
    this.#head = 0;
    this.#split = 0;
    this.#hadFront = false;
    this.#backs.fill(NONE);
  }

  /** Adds a column for a slice that has none. */
  #insert(at: number, end: number): unknown[] {
    const column = this.#spare.pop() ?? new Array<unknown>(this.#rows).fill(NONE);
    if (at < this.#split) {
      // The totals from a slice without elements on are those from the next one on.
      for (let row = 0; row < this.#rows; row++) column[row] = this.#columns[at]![row];
      this.#split++;
    }
    this.#ends.splice(at, 0, end);
    this.#columns.splice(at, 0, column);
    return column;
  }
}

/** An empty list for columns from its beginning: V8 would take `[]` for one of whole numbers until something else is in it, and code that has seen both is made twice. */
function listOfColumns(): unknown[][] {
  const columns = [NO_FRONT];
  columns.pop();
  return columns;
}

/** The total from a slice on, of its accumulator and the total from the next one on. */
function taken(older: unknown, younger: unknown, accumulation: Accumulation | undefined): unknown {
  if (younger === NONE) return older;
  return older === NONE ? younger : merged(copied(older, accumulation), younger, accumulation);
}

/** Both as one. Without an accumulation, where nothing is to be changed, `other` stands for it (see `prepare-totals.ts`). */
function merged(accumulator: unknown, other: unknown, accumulation: Accumulation | undefined): unknown {
  return accumulation === undefined ? other : accumulation.merge(accumulator, other);
}

function copied(accumulator: unknown, accumulation: Accumulation | undefined): unknown {
  return accumulation === undefined ? accumulator : accumulation.copy(accumulator);
}

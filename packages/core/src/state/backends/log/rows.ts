/** Where the entries of a disk state lie: rows of small integers in pages of typed arrays. */

/** Hash of the entry's key, by which the index finds it. */
export const HASH = 0;
/** Key group in the low bits, flags above. */
export const GROUP = 1;
/** Segment of the record; in a free row the next free one. */
export const SEGMENT = 2;
/** Offset of the record in its segment. */
export const OFFSET = 3;
/** Bytes of the record. */
export const LENGTH = 4;
/** What happened to the entry last (see the heap's `Epochs`). */
export const STAMP = 5;
/** Rows of plain states end here. */
export const PLAIN_STRIDE = 6;

/** Of the head of a map or list: how many live entries or elements it has. */
export const COUNT = 6;
/** Of a head: its first child, or -1. */
export const FIRST = 7;
/** Of a head: its last child, or -1. */
export const LAST = 8;
/** Of a head: the version in which it was made, or made anew after a clear. */
export const MADE_IN = 9;
/** Of the head of a list: what a snapshot has written, since its stamp rises before it is written. */
export const WRITTEN_IN = 10;

/** Of a child (map entry, list chunk): its head. */
export const HEAD = 6;
/** Of a child: the one before, or -1. */
export const PREV = 7;
/** Of a child: the one after, or -1. */
export const NEXT = 8;
/** Of a list chunk: how many elements it holds. */
export const ITEMS = 9;
/** Rows of maps and lists end here. */
export const CELL_STRIDE = 11;

/** The bits of `GROUP` that hold the key group. */
export const GROUP_MASK = 0xffff;
/** The row holds nothing. */
export const FREE: number = 1 << 20;
/** A tombstone: the entry is gone, its last record still says which key it had. */
export const DEAD: number = 1 << 21;
/** A map entry or list chunk, which belongs to a head. */
export const CHILD: number = 1 << 22;

const PAGE_BITS = 10;
const PAGE_ROWS = 1 << PAGE_BITS;
const SMALLEST_PAGE = 16;

/** Numbered rows. A page never moves once it is whole, so no growth stops the thread. */
export class Rows {
  /** Rows ever used; free ones among them are linked. */
  limit: number;
  readonly #stride: number;
  readonly #pages: Int32Array[];
  readonly #times: Float64Array[] | null;
  #free: number;

  constructor(stride: number, timed: boolean) {
    this.limit = 0;
    this.#stride = stride;
    this.#pages = [];
    this.#times = timed ? [] : null;
    this.#free = -1;
  }

  /** Reads a field. */
  get(slot: number, field: number): number {
    return this.#pages[slot >> PAGE_BITS]![(slot & (PAGE_ROWS - 1)) * this.#stride + field]!;
  }

  /** Writes a field. */
  set(slot: number, field: number, value: number): void {
    this.#pages[slot >> PAGE_BITS]![(slot & (PAGE_ROWS - 1)) * this.#stride + field] = value;
  }

  /** Writes the fields that every row has. */
  place(slot: number, hash: number, group: number, record: { readonly segment: number; readonly offset: number; readonly length: number }, stamp: number): void {
    const page = this.#pages[slot >> PAGE_BITS]!;
    const at = (slot & (PAGE_ROWS - 1)) * this.#stride;
    page[at + HASH] = hash;
    page[at + GROUP] = group;
    page[at + SEGMENT] = record.segment;
    page[at + OFFSET] = record.offset;
    page[at + LENGTH] = record.length;
    page[at + STAMP] = stamp;
  }

  /** Whether a flag is set. */
  has(slot: number, flag: number): boolean {
    return (this.get(slot, GROUP) & flag) !== 0;
  }

  /** When the entry was last renewed; only of states with time to live. */
  time(slot: number): number {
    return this.#times![slot >> PAGE_BITS]![slot & (PAGE_ROWS - 1)]!;
  }

  /** Says when the entry was last renewed. */
  setTime(slot: number, time: number): void {
    this.#times![slot >> PAGE_BITS]![slot & (PAGE_ROWS - 1)] = time;
  }

  /** A row of which all fields are to be set. */
  allocate(): number {
    const free = this.#free;
    if (free >= 0) {
      this.#free = this.get(free, SEGMENT);
      return free;
    }
    const slot = this.limit++;
    const page = slot >> PAGE_BITS;
    const room = page < this.#pages.length ? this.#pages[page]!.length / this.#stride : 0;
    if ((slot & (PAGE_ROWS - 1)) >= room) this.#enlarge(page, room);
    return slot;
  }

  /** Gives a row back. */
  release(slot: number): void {
    this.set(slot, GROUP, FREE);
    this.set(slot, SEGMENT, this.#free);
    this.#free = slot;
  }

  #enlarge(page: number, room: number): void {
    // Only the very first page starts small: most states of most jobs have few keys.
    const rows = page > 0 ? PAGE_ROWS : Math.max(SMALLEST_PAGE, room * 2);
    const fields = new Int32Array(rows * this.#stride);
    const before = this.#pages[page];
    if (before !== undefined) fields.set(before);
    this.#pages[page] = fields;
    if (this.#times === null) return;
    const times = new Float64Array(rows);
    const timesBefore = this.#times[page];
    if (timesBefore !== undefined) times.set(timesBefore);
    this.#times[page] = times;
  }
}

import type { Epochs } from './epochs.js';
import { WORDS } from './packed-entries.js';

/** Numbers of a page: large enough that few pages make much memory, small enough that one more is nothing. */
const PAGE = 1 << 17;

/** A map that nobody wants any more, as soon as no snapshot reads it. */
export interface Retired {
  release(pages: NumberPages): void;
}

/** A page and its parts, all of one length. */
interface PageParts {
  readonly page: number[];
  /** Where parts begin that were given back. */
  readonly free: number[];
  /** Where the part that was never taken begins. */
  fresh: number;
  taken: number;
}

/**
 * Memory for the entries of all maps of numbers of a state: parts of a few large arrays, so that a map needs no array
 * of its own and reaches its entries with one read less. A page goes to the collector when its last part is given back.
 */
export class NumberPages {
  /** Pages that have parts to take, by the length of these (its logarithm to base two). */
  readonly #open: PageParts[][];
  readonly #known: Map<number[], PageParts>;
  /** Numbers in the parts that are taken. */
  taken: number;
  #retired: Retired[];
  readonly #epochs: Epochs;

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
    this.#open = [];
    this.#known = new Map();
    this.taken = 0;
    this.#retired = [];
  }

  /** Numbers in all pages. */
  get length(): number {
    let length = 0;
    for (const page of this.#known.keys()) length += page.length;
    return length;
  }

  /** The page of the part that `take` gives next, with room for so many entries. */
  pageFor(capacity: number): number[] {
    this.releaseRetired();
    return this.#openPage(capacity).page;
  }

  /** Takes a part with room for so many entries (a power of two), all of them free, from `pageFor(capacity)`; says where it begins. */
  take(capacity: number): number {
    const length = capacity * WORDS;
    const parts = this.#openPage(capacity);
    parts.taken++;
    this.taken += length;
    const reused = parts.free.pop();
    const base = reused ?? parts.fresh;
    if (reused === undefined) parts.fresh += length;
    else parts.page.fill(0, base, base + length);
    if (parts.free.length === 0 && parts.fresh === parts.page.length) this.#openOf(capacity).pop();
    return base;
  }

  /** Gives a part back. */
  give(page: number[], base: number, capacity: number): void {
    const parts = this.#known.get(page)!;
    const open = this.#openOf(capacity);
    const wasFull = parts.free.length === 0 && parts.fresh === page.length;
    parts.free.push(base);
    parts.taken--;
    this.taken -= capacity * WORDS;
    // One stays for a map that comes and goes.
    if (parts.taken === 0 && open.some((other) => other !== parts)) {
      this.#known.delete(page);
      if (!wasFull) open.splice(open.indexOf(parts), 1);
    } else if (wasFull) {
      open.push(parts);
    }
  }

  /** A map is gone: it gives its part back, now or when no snapshot can read it any more. */
  retire(map: Retired): void {
    this.#retired.push(map);
    this.releaseRetired();
  }

  /** Takes back what snapshots were reading when it was retired, unless one still is. */
  releaseRetired(): void {
    if (this.#retired.length === 0 || this.#epochs.run !== null) return;
    const retired = this.#retired;
    this.#retired = [];
    for (const map of retired) map.release(this);
  }

  /** Forgets all pages, with the maps in them. */
  clear(): void {
    this.#open.length = 0;
    this.#known.clear();
    this.#retired = [];
    this.taken = 0;
  }

  #openOf(capacity: number): PageParts[] {
    const size = 31 - Math.clz32(capacity);
    while (this.#open.length <= size) this.#open.push([]);
    return this.#open[size]!;
  }

  #openPage(capacity: number): PageParts {
    const open = this.#openOf(capacity);
    let parts = open.at(-1);
    if (parts === undefined) {
      const length = capacity * WORDS;
      // A state with little in it gets small pages.
      const count = Math.max(1, Math.floor(Math.min(PAGE, this.taken / 4) / length));
      parts = { page: emptyPage(count * length), free: [], fresh: 0, taken: 0 };
      this.#known.set(parts.page, parts);
      open.push(parts);
    }
    return parts;
  }
}

/** An array that V8 keeps as plain doubles, in its own heap: memory beside the heap would make it mark everything for each few megabytes of it. */
function emptyPage(length: number): number[] {
  // With a fraction first it is never one of small integers.
  return new Array<number>(length).fill(0.5).fill(0);
}

import { freezeKey } from '../../record/map-key.js';
import { KeyPlaces } from '../../state/backends/heap/key-places.js';
import { NONE, TotalsBlock } from './totals-block.js';

/**
 * The running totals of a sliding window by key, in blocks: each key of a slice is looked up once for each window. Found as state finds its keys; a
 * `Map` costs a call for each look-up, and its deletions are paid for again when it is laid anew.
 */
export class RunningTotals {
  blocks: TotalsBlock[];
  /** A place is the number of a block, and in this many low bits the row. */
  readonly shift: number;
  readonly mask: number;
  readonly #turnDelay: (block: number) => number;
  #places: KeyPlaces;
  size: number;
  /** Blocks before it are full. */
  #open: number;

  /** In blocks of `rows` keys, a power of two; `turnDelay` says how long after its first slice the n-th one makes its first front. */
  constructor(rows: number, turnDelay: (block: number) => number) {
    this.blocks = [];
    this.shift = Math.log2(rows);
    this.mask = rows - 1;
    this.#turnDelay = turnDelay;
    this.#places = new KeyPlaces();
    this.size = 0;
    this.#open = 0;
  }

  /** The place of a key, which gets one when it has none. Throws a coded error for what cannot be a key. */
  placeOf(key: unknown): number {
    const known = this.#places.find(key);
    return known >= 0 ? known : this.#add(key);
  }

  /** Frees the places of those keys of a block whose total is `NONE`: they have no slice any more. */
  giveUp(at: number, sums: readonly unknown[]): void {
    const block = this.blocks[at]!;
    const { keys } = block;
    const before = this.size;
    for (let row = 0; row < keys.length; row++) {
      const key = keys[row];
      if (key === undefined || sums[row] !== NONE) continue;
      this.#places.delete(key);
      block.free(row);
      this.size--;
    }
    const open = this.#open;
    this.#open = this.size < before && at < open ? at : open;
  }

  /** Gives up all keys at once: none has a slice any more. */
  clear(): void {
    this.blocks = [];
    this.#places = new KeyPlaces();
    this.size = 0;
    this.#open = 0;
  }

  /** Gives up the blocks at the end that have no keys. */
  trim(): void {
    while (this.blocks.at(-1)?.isEmpty === true) this.blocks.pop();
  }

  /** In the first block with a free row, so that those at the end become empty when keys have gone. */
  #add(key: unknown): number {
    const { blocks } = this;
    while (this.#open < blocks.length && blocks[this.#open]!.isFull) this.#open++;
    const block = this.#open;
    if (block === blocks.length) blocks.push(new TotalsBlock(this.mask + 1, this.#turnDelay(block)));
    // A late element's key is the user's: of a pair the state has kept no more than its numbers.
    const kept = freezeKey(key);
    const place = (block << this.shift) | blocks[block]!.take(kept);
    this.#places.add(kept, place);
    this.size++;
    return place;
  }
}

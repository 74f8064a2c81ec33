const GOLDEN = 0x9e3779b9;

/** Chance for the record at one position: a function of seed and position, so that any record can be made again. */
export class PositionalRandom {
  #state: number;

  constructor() {
    this.#state = 0;
  }

  /** Begins the numbers of a position. */
  begin(seed: number, position: number): void {
    // Both halves of a position count: it may be beyond 2^32.
    this.#state = scramble(scramble(seed | 0) ^ (position | 0)) ^ scramble(Math.floor(position / 2 ** 32) + GOLDEN);
  }

  /** A number from 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + GOLDEN) | 0;
    return (scramble(this.#state) >>> 0) / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)]!;
  }
}

/** Mixes the bits of a word. */
function scramble(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/**
 * Chance as a function of the number of an event: every event begins a sequence of its own, so any part of the stream
 * can be made without the rest. All arithmetic is on 32-bit words, so that other languages get the same numbers.
 *
 * The state is passed along instead of kept in an object: in the hot loop it then lives in a register.
 */

/** The state that the numbers of an event begin with; `id` below 2^53. */
export function seedOf(id: number): number {
  let word = Math.imul((id | 0) ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul((id / 4294967296) | 0, 0xc2b2ae35);
  word ^= word >>> 16;
  word = Math.imul(word, 0x85ebca6b);
  word ^= word >>> 13;
  word = Math.imul(word, 0xc2b2ae35);
  word ^= word >>> 16;
  return word === 0 ? 1 : word;
}

/** The next state: draw from it once, then advance again. */
export function advance(state: number): number {
  let next = state ^ (state << 13);
  next ^= next >>> 17;
  return next ^ (next << 5);
}

/** The random word of a state: 32 bits, as an unsigned number. */
export function word(state: number): number {
  return Math.imul(state, 0x9e3779b1) >>> 0;
}

/** A whole number from 0 up to, but not including, `bound`, which is below 2^21. */
export function below(state: number, bound: number): number {
  // The product is exact (53 bits), and so is its division by a power of two.
  return ((Math.imul(state, 0x9e3779b1) >>> 0) * bound * 2 ** -32) | 0;
}

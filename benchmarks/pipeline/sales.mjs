/** The stream that the parts share: bids of 10,000 users in the order of their time, one each millisecond. */

export const USERS = 10_000;
/** A quarter of a million records fall into a window. */
export const WINDOW_MS = 250_000;
export const SMALLEST_CENTS = 2_500;
const FIRST_TIME = 1_700_000_000_000;

/** Bids as plain objects, made from a fixed seed. */
export function makeBids(count) {
  const random = generator(42);
  const bids = [];
  for (let i = 0; i < count; i++) bids.push({ user: random(USERS), price: random(10_000), at: FIRST_TIME + i });
  return bids;
}

/** A small generator of whole numbers below a bound (mulberry32). The bound is at most 2^31, so that V8 keeps them as small integers. */
export function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 1) % bound) | 0;
  };
}

import { interleave, sameRows } from '../lib/interleave.mjs';

/** The room that worker threads give to young objects, so that a collection is as rare as where the parts are at work. */
export const LIKE_A_WORKER = Object.freeze(['--max-semi-space-size=64', '--expose-gc']);
/** Some slices are short, and a collection falls into some of them. */
const SLICES = 15;

/**
 * @typedef {object} Side
 * @property {string} name
 * @property {() => Work} make  everything that it works on, made anew
 */

/**
 * @typedef {object} Work
 * @property {() => void} [prepare]  makes ready for a slice, outside of its time
 * @property {(take: (row: object) => void) => void | Promise<void>} run  one slice
 * @property {(take: (row: object) => void) => void} [rows]  after one slice: all that came of it, where `run` gives no rows itself
 */

/**
 * A part of the engine against a yardstick that does the same by hand. Each is made and runs once to compare what comes of it,
 * and is then made anew and measured in turns, unless it is a smoke test.
 *
 * @param {{ what: string, operations: number, yardstick: Side, engine: Side, smoke: boolean }} options
 */
export async function versus({ what, operations, yardstick, engine, smoke }) {
  const rows = await sameRows([yardstick, engine].map(({ name, make }) => ({ name, run: (take) => runOnce(make(), take) })));
  if (smoke) return [{ what, rows }];
  const [byHand, own] = await interleave([yardstick, engine].map(({ name, make }) => withEmptyNursery(name, make())), operations, SLICES);
  return [{ what, value: own.ratio, spread: own.ratioSpread, rows, detail: [byHand, own].map(({ name, nanoseconds }) => `${name} ${nanoseconds.toFixed(1)} ns`).join(', ') }];
}

async function runOnce(work, take) {
  work.prepare?.();
  await work.run(take);
  work.rows?.(take);
}

/** What a slice of the other side left to be collected is not paid for by this one. A whole collection would also throw away compiled code. */
function withEmptyNursery(name, { prepare = () => {}, run }) {
  return {
    name,
    prepare() {
      prepare();
      globalThis.gc?.({ type: 'minor' });
    },
    run,
  };
}

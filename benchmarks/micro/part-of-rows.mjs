import { KINDS } from './kinds-of-rows.mjs';
import { LIKE_A_WORKER, versus } from './versus.mjs';

const ROWS = 100_000;

/** A part that does something `repeats` times in a slice with 100,000 rows of each kind: the engine's backend against a loop by hand, both made for a kind and a number of rows. */
export function partOfRows({ title, repeats, loop, engine }) {
  return {
    title,
    nodeFlags: LIKE_A_WORKER,
    cases: Object.keys(KINDS),
    run(what, { smoke }) {
      const rows = smoke ? 1_000 : ROWS;
      const kind = KINDS[what];
      return versus({ what, operations: rows * repeats, yardstick: { name: 'loop', make: () => loop(kind, rows) }, engine: { name: title, make: () => engine(kind, rows) }, smoke });
    },
  };
}

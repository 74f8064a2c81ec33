import { RowCount, RowHash } from './rows.mjs';
import { median, spread } from './statistics.mjs';

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {() => void} [prepare]  makes ready for a slice, outside of its time
 * @property {(take: (row: object) => void) => void | Promise<void>} run  one slice of work, the same for all; every result goes to `take`
 */

/** How many slices of each contestant are measured, after those that only warm it up. */
export const SLICES = 9;
const WARM_UPS = 3;

/** Runs every contestant once and throws unless all give the same rows, in any order. Gives their common digest. */
export async function sameRows(contestants) {
  const digests = [];
  for (const { name, run } of contestants) {
    const hash = new RowHash();
    await run(hash.take);
    digests.push({ name, digest: hash.digest });
  }
  const [first, ...others] = digests;
  const different = others.find(({ digest }) => digest !== first.digest);
  if (different !== undefined || first.digest.startsWith('0 ')) {
    throw new Error(`the rows differ: ${digests.map(({ name, digest }) => `${name}: ${digest}`).join('; ')}`);
  }
  return first.digest;
}

/**
 * Measures contestants in turns, slice by slice in one process, so that whatever slows the machine down slows all of them.
 * A contestant's figure is the CPU time of the whole process (collector and compiler included) per record; a ratio is
 * taken between neighbouring slices, and the median of the ratios is what counts.
 *
 * @param {readonly Contestant[]} contestants  the first is the one that the others are compared with
 */
export async function interleave(contestants, records, slices = SLICES) {
  const times = contestants.map(() => /** @type {number[]} */ ([]));
  for (let slice = -WARM_UPS; slice < slices; slice++) {
    for (let i = 0; i < contestants.length; i++) {
      contestants[i].prepare?.();
      const nanoseconds = await cpuTime(contestants[i].run);
      if (slice >= 0) times[i].push(nanoseconds / records);
    }
  }
  return contestants.map(({ name }, i) => {
    const ratios = times[i].map((own, slice) => times[0][slice] / own);
    return { name, nanoseconds: median(times[i]), spread: spread(times[i]), ratio: median(ratios), ratioSpread: spread(ratios) };
  });
}

/** CPU nanoseconds of the whole process for one slice. */
async function cpuTime(run) {
  const before = process.cpuUsage();
  await run(new RowCount().take);
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

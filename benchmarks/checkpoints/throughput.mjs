import { median } from '../lib/statistics.mjs';
import { SlicedJob } from './sliced-job.mjs';

/** Intervals are worked off in pieces of this length by turns, so that whatever slows the machine down slows both processes. */
const PIECE_MS = 1_000;
/** Couples of processes, each begun anew, and the pairs of intervals of each. */
const CASES = {
  'nobody takes any': { intervalMs: 1_000, limit: undefined, couples: 4, pairs: 4 },
  'every 1 s': { intervalMs: 1_000, limit: 0.2, couples: 4, pairs: 4 },
  'every 10 s': { intervalMs: 10_000, limit: 0.05, couples: 5, pairs: 2 },
};
let otherCpuSeconds = 0;

/**
 * What checkpoints cost: two processes with a million keys each take turns, one with a checkpoint per interval and one
 * without. An interval is as many records as it has time for, and touches a tenth of the keys.
 *
 * No two processes are equally fast, so after half of the pairs they change roles: what one of them is slower by counts
 * once for and once against the checkpoints. All that a process uses from the beginning of one pair to that of the next counts.
 * How its code is compiled may differ from one half to the other, so there are several couples, and the median of them counts.
 */
export const part = {
  title: 'throughput',
  cases: Object.keys(CASES),
  otherCpuSeconds: () => otherCpuSeconds,
  async run(name, { smoke }) {
    const { intervalMs, limit, ...all } = CASES[name];
    const { couples, pairs } = smoke ? { couples: 1, pairs: 2 } : all;
    const keys = smoke ? 2_000 : 1_000_000;
    const pieces = smoke ? 1 : Math.max(1, intervalMs / PIECE_MS);
    let perPiece = smoke ? 5_000 : undefined;
    const found = [];
    for (let couple = 0; couple < couples; couple++) {
      const jobs = [new SlicedJob(keys), new SlicedJob(keys)];
      try {
        for (const job of jobs) await job.loaded;
        // Every couple runs its code warm with this; all of them have the intervals of the first.
        const records = smoke ? perPiece : await recordsPer(jobs, Math.min(intervalMs, PIECE_MS));
        perPiece ??= records;
        const options = { perPiece, pieces, touched: keys / 10, takes: limit !== undefined, couple };
        const halves = [];
        for (const [taker, other] of [jobs, [...jobs].reverse()]) halves.push(await half(taker, other, pairs / 2, options));
        found.push(halves);
      } finally {
        for (const job of jobs) otherCpuSeconds += await job.end();
      }
    }
    return [lineOf(name, limit, found, perPiece * pieces)];
  },
};

/** Half of the pairs. The one that took checkpoints before shall have nothing left of them; the other one begins with a whole one. */
async function half(taker, other, pairs, options) {
  await other.settle();
  if (options.takes) await taker.slice(0, 0, true);
  const found = [];
  let before = undefined;
  // The first pair warms up.
  for (let pair = -1; pair < pairs; pair++) {
    await interval(taker, other, pair < 0 ? { ...options, pieces: 1 } : options, (pair + options.couple) % 2 === 0);
    const now = { taker: await taker.used(), other: await other.used() };
    if (before !== undefined) found.push({ taker: difference(now.taker, before.taker), other: difference(now.other, before.other) });
    before = now;
  }
  return found;
}

async function interval(taker, other, { perPiece, pieces, touched, takes }, takerFirst) {
  for (let piece = 0; piece < pieces; piece++) {
    const turns = [() => taker.slice(perPiece, piece === 0 ? touched : 0, takes && piece === 0), () => other.slice(perPiece, piece === 0 ? touched : 0)];
    for (const turn of takerFirst ? turns : turns.reverse()) await turn();
  }
}

function difference(now, before) {
  return { cpuMs: now.cpuMs - before.cpuMs, wholeCollections: now.wholeCollections - before.wholeCollections };
}

function ratio({ taker, other }) {
  return Math.log(taker.cpuMs / other.cpuMs);
}

/** By how much the one that takes checkpoints is slower, as a logarithm: the mean of both halves, since the difference of the two processes counts once for and once against it. */
function lossOf(halves) {
  return (median(halves[0].map(ratio)) + median(halves[1].map(ratio))) / 2;
}

function lineOf(name, limit, couples, records) {
  const losses = couples.map((halves) => 1 - Math.exp(-lossOf(halves)));
  const all = couples.flat(2);
  const sum = (role, what) => all.reduce((total, pair) => total + pair[role][what], 0);
  const loss = median(losses);
  const lossOfSums = 1 - sum('other', 'cpuMs') / sum('taker', 'cpuMs');
  const percents = losses.map((each) => (each * 100).toFixed(1)).join(', ');
  // How much the process that takes checkpoints first is slower by than the other one of its couple, whoever takes them.
  const luck = couples.map((halves) => ((Math.exp((median(halves[0].map(ratio)) - median(halves[1].map(ratio))) / 2) - 1) * 100).toFixed(1)).join(', ');
  const perRecord = (role) => `${((median(all.map((pair) => pair[role].cpuMs)) * 1e6) / records).toFixed(0)} ns`;
  const collections = (role) => (sum(role, 'wholeCollections') / all.length).toFixed(1);
  return {
    what: limit === undefined ? 'throughput of two processes when neither takes checkpoints, difference' : `throughput lost to a checkpoint ${name}, a tenth of 1M keys touched`,
    value: loss * 100, unit: '%',
    ...(limit === undefined ? {} : { goal: `≤ ${limit * 100} %`, holds: loss <= limit }),
    detail: `median of ${couples.length} couples of processes: ${percents} %, whose two processes differ by ${luck} %; ${perRecord('other')} per record without, ${perRecord('taker')} with, ${all.length} pairs of ${(records / 1e6).toFixed(1)}M records; ${(lossOfSums * 100).toFixed(1)} % of all time together; collections of the whole heap ${collections('other')} and ${collections('taker')} an interval`,
  };
}

/** How many records both jobs work off in so much processor time. */
async function recordsPer(jobs, milliseconds) {
  const trial = 1_000_000;
  const times = [];
  for (const job of jobs) {
    await job.slice(trial, 100_000);
    const before = await job.used();
    times.push(difference(await job.slice(trial, 100_000), before).cpuMs);
  }
  return Math.round((trial * milliseconds * 2) / (times[0] + times[1]));
}

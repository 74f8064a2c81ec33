import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, spread } from '../lib/statistics.mjs';

const CHILD = fileURLToPath(new URL('./slices-child.mjs', import.meta.url));
const CASES = {
  'every 1 s': { intervalMs: 1_000, limit: 0.2, pairs: 15 },
  'every 10 s': { intervalMs: 10_000, limit: 0.05, pairs: 10 },
};
let otherCpuSeconds = 0;

/**
 * What checkpoints cost: two processes with a million keys each, one with a checkpoint per slice and one without, take
 * turns. A slice is as many records as an interval has time for, and touches a tenth of the keys.
 */
export const part = {
  title: 'throughput',
  cases: Object.keys(CASES),
  otherCpuSeconds: () => otherCpuSeconds,
  async run(name, { smoke }) {
    const { intervalMs, limit, pairs } = CASES[name];
    const keys = smoke ? 2_000 : 1_000_000;
    const jobs = [new SlicedJob(keys, 'without'), new SlicedJob(keys, 'with')];
    try {
      for (const job of jobs) await job.loaded;
      const records = smoke ? 5_000 : await recordsPer(jobs[0], intervalMs);
      const losses = [];
      const times = { with: [], without: [] };
      // The first pair warms up.
      for (let pair = -1; pair < (smoke ? 1 : pairs); pair++) {
        const without = await jobs[0].slice(records, keys / 10);
        const withCheckpoint = await jobs[1].slice(records, keys / 10);
        if (pair < 0) continue;
        losses.push(1 - without.cpuMs / withCheckpoint.cpuMs);
        times.without.push(without.cpuMs);
        times.with.push(withCheckpoint.cpuMs);
      }
      const loss = median(losses);
      const perRecord = (milliseconds) => `${((median(milliseconds) * 1e6) / records).toFixed(0)} ns`;
      return [
        {
          what: `throughput lost to a checkpoint ${name}, a tenth of 1M keys touched`,
          value: loss * 100, unit: '%', spread: Math.abs(spread(losses)), goal: `≤ ${limit * 100} %`, holds: loss <= limit,
          detail: `${perRecord(times.without)} per record without, ${perRecord(times.with)} with, ${losses.length} pairs of ${(records / 1e6).toFixed(1)}M records`,
        },
      ];
    } finally {
      for (const job of jobs) otherCpuSeconds += await job.end();
    }
  },
};

/** How many records the job works off in so much processor time. */
async function recordsPer(job, milliseconds) {
  const trial = 1_000_000;
  await job.slice(trial, 100_000);
  const { cpuMs } = await job.slice(trial, 100_000);
  return Math.round((trial * milliseconds) / cpuMs);
}

class SlicedJob {
  #child;
  #answer = () => {};

  constructor(keys, takes) {
    this.#child = fork(CHILD, [String(keys), takes], { stdio: ['ignore', 2, 2, 'ipc'] });
    this.#child.on('message', (message) => this.#answer(message));
    this.#child.on('exit', (code) => code !== 0 && this.#answer({ kind: 'failed' }));
    this.loaded = this.#next();
  }

  slice(records, touched) {
    this.#child.send({ kind: 'slice', records, touched });
    return this.#next();
  }

  async end() {
    this.#child.send({ kind: 'end' });
    return (await this.#next()).cpuSeconds;
  }

  async #next() {
    const message = await new Promise((resolve) => (this.#answer = resolve));
    if (message.kind === 'failed') throw new Error('the process of a job has ended early');
    return message;
  }
}

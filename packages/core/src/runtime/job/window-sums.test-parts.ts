/** The job of most tests of the runtime: sums per key and second of event time, and what it has to give. */
import { PLAIN_SUM, tumblingSums } from '../../testing/simulated-jobs/tumbling-sums.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { BY_AT, rangeSource, type Step } from './job.test-parts.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });

/** A reading by its number. */
export const reading = (index: number): Reading => ({ key: `k${index % 17}`, value: index % 100, at: index * 10 });

/** Gives so many readings in so many splits. */
export function readings(count: number, splits: number, settings?: Step['settings']): Step {
  const program = { kind: 'source' as const, source: rangeSource(count, reading, splits), watermarks: BY_AT, outputType: DYNAMIC };
  return { type: 'source', program, ...(settings === undefined ? {} : { settings }) };
}

/** Sums per key and second. */
export function sums(settings: Step['settings'] = {}): Step {
  const program = tumblingSums(1000, PLAIN_SUM, (sum, key, window) => ({ key, start: window.start, sum }));
  return { type: 'tumbling-window', program, partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key }, settings: { uid: 'sums', stateful: true, ...settings } };
}

/** What the job gives when it reads everything, as sorted JSON. */
export function expectedSums(count: number): string[] {
  const totals = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const { key, value, at } = reading(index);
    const id = `${key}|${Math.floor(at / 1000) * 1000}`;
    totals.set(id, (totals.get(id) ?? 0) + value);
  }
  return [...totals].map(([id, sum]) => JSON.stringify({ key: id.split('|')[0], start: Number(id.split('|')[1]), sum })).sort();
}

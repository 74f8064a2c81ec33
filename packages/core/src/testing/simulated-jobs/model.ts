/** What each operation of a simulated job does, over plain arrays: the oracle. */
import { timerTime, windowEnd, type Reading } from './reading.js';

/** Every record becomes another. */
export const double = ({ key, value, at }: Reading): Reading => ({ key, value: value * 2 + 1, at });

/** Every record becomes none to three. */
export const explode = ({ key, value, at }: Reading): Reading[] => Array.from({ length: value % 4 }, (_, copy) => ({ key: `${key}${copy % 2}`, value: value + copy, at }));

/** What a filter lets pass, and a split keeps. */
export const isSmall = ({ value }: Reading): boolean => value % 3 !== 0;

/** One row per key and window, with the sum of its values. */
export function sums(rows: readonly Reading[]): Reading[] {
  const totals = new Map<string, Reading>();
  for (const { key, value, at } of rows) {
    const id = `${key}|${windowEnd(at)}`;
    totals.set(id, { key, value: (totals.get(id)?.value ?? 0) + value, at: windowEnd(at) - 1 });
  }
  return [...totals.values()];
}

/** The same over records in the order of one split, of which those behind the watermark are late and dropped. */
export function sumsOnTime(rows: readonly Reading[]): Reading[] {
  let watermark = Number.NEGATIVE_INFINITY;
  const onTime = rows.filter(({ at }) => {
    const isLate = windowEnd(at) - 1 <= watermark;
    watermark = Math.max(watermark, at - 1);
    return !isLate;
  });
  return sums(onTime);
}

/** One row per key and time at which a timer was set. */
export function timerRows(rows: readonly Reading[]): Reading[] {
  return [...new Map(rows.map(({ key, at }) => [`${key}|${timerTime(at)}`, { key, value: 7, at: timerTime(at) }])).values()];
}

/** How often each key came, told at every record: `1, 2, 3, …` per key, whatever the order. */
export function counts(rows: readonly Reading[]): Reading[] {
  const seen = new Map<string, number>();
  return rows.map(({ key }) => {
    const value = (seen.get(key) ?? 0) + 1;
    seen.set(key, value);
    return { key, value, at: 0 };
  });
}

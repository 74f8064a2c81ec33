/** What each operation of a simulated job does, over plain arrays: the oracle. */
import { timerTime, windowEnd, type Reading } from './reading.js';

/** Every record becomes another. */
export const double = ({ key, value, at }: Reading): Reading => ({ key, value: value * 2 + 1, at });

/** Every record becomes none to three. */
export const explode = ({ key, value, at }: Reading): Reading[] => Array.from({ length: value % 4 }, (_, copy) => ({ key: `${key}${copy % 2}`, value: value + copy, at }));

/** The row of a table by its number. */
export const tableRow = (index: number): Reading => ({ key: `k${index}`, value: 100 + index, at: index * 3 });

/** Adds what a table of so many rows has for the key, or what stands for none. */
export function lookUp(readings: readonly Reading[], rows: number): Reading[] {
  const table = new Map(Array.from({ length: rows }, (_, index) => [tableRow(index).key, tableRow(index).value]));
  return readings.map(({ key, value, at }) => ({ key, value: value + (table.get(key) ?? NO_ROW), at }));
}

/** What is added where the table has no row. */
export const NO_ROW = 50;

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

import { describe, expect, it } from 'vitest';
import { TimestampInvalid } from './errors.js';
import { normaliseTimestamp, suspicionMessage, TimestampCheck } from './timestamps.js';

describe('timestamps', () => {
  it('keeps safe integers and floors fractions, below zero too', () => {
    expect(normaliseTimestamp(1_700_000_000_000)).toBe(1_700_000_000_000);
    expect(normaliseTimestamp(1.9)).toBe(1);
    expect(normaliseTimestamp(-1.1)).toBe(-2);
    expect(Object.is(normaliseTimestamp(-0), 0)).toBe(true);
    expect(normaliseTimestamp(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    [undefined, /no timestamp/, /Check the name/],
    [null, /no timestamp/, /Check the name/],
    [new Date(0), /is a Date/, /getTime/],
    ['1700000000000', /is a string/, /Number\(text\)/],
    ['2024-01-01', /is a string/, /Date\.parse/],
    [12n, /is a bigint, 12n/, /Number\(value\)/],
    [Number.NaN, /NaN/, /field/],
    [Number.POSITIVE_INFINITY, /outside/, /milliseconds/],
    [1.7e21, /outside/, /nanoseconds/],
    [{}, /is a object/, /Check/],
  ])('R12 refuses %s with a hint', (value, what, remedy) => {
    let error: unknown;
    try {
      normaliseTimestamp(value);
    } catch (thrown) {
      error = thrown;
    }
    expect(TimestampInvalid.is(error)).toBe(true);
    expect((error as { what: string }).what).toMatch(what);
    expect((error as { remedy: string }).remedy).toMatch(remedy);
  });

  it('suspects seconds once', () => {
    const seen: number[] = [];
    const check = new TimestampCheck((timestamp) => seen.push(timestamp));
    for (const timestamp of [0, 1_700_000_000_000, 1_700_000_000, 1_700_000_001.5]) check.check(timestamp);
    expect(seen).toEqual([1_700_000_000]);
    expect(suspicionMessage(1_700_000_000)).toContain('seconds');
    expect(new TimestampCheck().check(5)).toBe(5);
  });
});

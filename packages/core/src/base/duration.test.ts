import { describe, expect, expectTypeOf, it } from 'vitest';
import { DurationInvalid } from './base-errors.js';
import { formatDuration, parseDuration, Time, type Duration } from './duration.js';

describe('durations', () => {
  it('take a number and a unit, with or without a space, or milliseconds', () => {
    const given: [Duration, number][] = [['10 s', 10_000], ['10s', 10_000], ['10 min', 600_000], ['1 d', 86_400_000], ['200 ms', 200], ['1.5 h', 5_400_000], ['0.7 h', 2_520_000], ['0 s', 0], [1500, 1500]];
    for (const [duration, milliseconds] of given) expect(parseDuration(duration)).toBe(milliseconds);
    expect(parseDuration(' 10 s ')).toBe(10_000);
  });

  it('refuse everything else and say what was meant', () => {
    const hints: [unknown, RegExp][] = [
      ['10', /"10 ms" or "10 s"/], ['10 sec', /"10 s"/], ['5 minutes', /"5 min"/], ['5 m', /"5 min"/], ['5 S', /"5 s"/], ['3 hous', /is no duration/], ['-1 s', /no duration/], ['', /no duration/],
      ['ten s', /no duration/], [-1, /not negative/], [1.5, /whole number/], [Number.NaN, /whole number/], [Infinity, /whole number/], ['0.0001 s', /whole number/], [undefined, /undefined/], ['1 constructor', /no duration/],
    ];
    for (const [given, hint] of hints) {
      expect(() => parseDuration(given as Duration, 'the size of the window'), String(given)).toThrow(hint);
      expect(() => parseDuration(given as Duration, 'the size')).toThrow(expect.toSatisfy(DurationInvalid.is));
    }
  });

  it('are a type that knows the units', () => {
    expectTypeOf<'10 s'>().toExtend<Duration>();
    expectTypeOf<'10 sec'>().not.toExtend<Duration>();
  });

  it('are shown in the largest whole unit and spelled out by Time', () => {
    expect([0, 1, 1500, 90_000, 7_200_000, 86_400_000].map(formatDuration)).toEqual(['0 ms', '1 ms', '1500 ms', '90 s', '2 h', '1 d']);
    expect([Time.milliseconds(1), Time.seconds(1), Time.minutes(10), Time.hours(1), Time.days(1)]).toEqual([1, 1000, 600_000, 3_600_000, 86_400_000]);
  });
});

import { DurationInvalid } from './base-errors.js';
import { didYouMean } from './suggest.js';

/** The units of a duration. */
export type DurationUnit = 'd' | 'h' | 'min' | 'ms' | 's';

/**
 * A span of time: a number and a unit, with or without a space (`'10 s'`, `'10s'`, `'1.5 h'`), or a number of
 * milliseconds. The same grammar holds in code, on the command line, in the environment and in files.
 */
export type Duration = number | `${number} ${DurationUnit}` | `${number}${DurationUnit}`;

const UNIT_MS: Readonly<Record<DurationUnit, number>> = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1000, ms: 1 };

/** What people write for the units; only suggested, never accepted, so that there is one spelling. */
const MEANT: Readonly<Record<string, DurationUnit>> = {
  day: 'd', days: 'd', hour: 'h', hours: 'h', hr: 'h', hrs: 'h', m: 'min', mins: 'min', minute: 'min', minutes: 'min',
  sec: 's', secs: 's', second: 's', seconds: 's', msec: 'ms', millis: 'ms', millisecond: 'ms', milliseconds: 'ms',
};

const GRAMMAR = /^(\d+(?:\.\d+)?) ?([a-zA-Z]+)$/;

/**
 * Whole milliseconds of a duration; `name` is what the duration is for, e.g. `the size of the window`. Throws
 * `DurationInvalid` for anything else: another unit, a negative or fractional result, NaN.
 */
export function parseDuration(duration: Duration | string, name: string = 'a duration'): number {
  if (typeof duration === 'number') return checked(duration, duration, name);
  if (typeof duration !== 'string') throw invalid(duration, name, '');
  const text = duration.trim();
  if (/^\d+$/.test(text)) throw invalid(duration, name, ` Did you mean "${text} ms" or "${text} s"?`);
  const match = GRAMMAR.exec(text);
  if (match === null) throw invalid(duration, name, '');
  const amount = match[1]!;
  const unit = match[2]!;
  if (!isUnit(unit)) {
    const meant = MEANT[unit.toLowerCase()] ?? (isUnit(unit.toLowerCase()) ? unit.toLowerCase() : undefined);
    throw invalid(duration, name, meant === undefined ? didYouMean(unit, Object.keys(UNIT_MS)) : ` Did you mean "${amount} ${meant}"?`);
  }
  // 0.7 h is 2520000.0000000005 ms in binary: rounding is right while the error is far below a millisecond.
  const milliseconds = Number(amount) * UNIT_MS[unit];
  const rounded = Math.round(milliseconds);
  return checked(Math.abs(milliseconds - rounded) < 1e-6 ? rounded : milliseconds, duration, name);
}

/** The duration in its largest unit that keeps it a whole number: `90 s`, `2 h`, `1500 ms`. */
export function formatDuration(milliseconds: number): string {
  for (const [unit, size] of Object.entries(UNIT_MS)) {
    if (milliseconds !== 0 && milliseconds % size === 0) return `${milliseconds / size} ${unit}`;
  }
  return `${milliseconds} ms`;
}

/** Durations for those who like them spelled out: `Time.minutes(10)`. Each gives milliseconds. */
export const Time: {
  readonly milliseconds: (count: number) => number;
  readonly seconds: (count: number) => number;
  readonly minutes: (count: number) => number;
  readonly hours: (count: number) => number;
  readonly days: (count: number) => number;
} = Object.freeze({
  milliseconds: (count: number) => count,
  seconds: (count: number) => count * UNIT_MS.s,
  minutes: (count: number) => count * UNIT_MS.min,
  hours: (count: number) => count * UNIT_MS.h,
  days: (count: number) => count * UNIT_MS.d,
});

function isUnit(text: string): text is DurationUnit {
  return Object.hasOwn(UNIT_MS, text);
}

function checked(milliseconds: number, given: unknown, name: string): number {
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw invalid(given, name, ' It must be a whole number of milliseconds, not negative and below 2^53.');
}

function invalid(given: unknown, name: string, hint: string): Error {
  const shown = typeof given === 'string' ? `"${given.slice(0, 100)}"` : String(given);
  return DurationInvalid.error({ what: `${name} is ${shown}, which is no duration.${hint}` });
}

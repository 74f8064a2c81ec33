import { parseDuration } from '@millrace/core/command';
import type { LogPosition } from '@millrace/event-log';
import { WrongUse } from '../errors.js';
import { callersMistake } from '../wrong-use.js';

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1000, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
const ISO = /^\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** A size such as `65536`, `64 KiB` or `1GiB`, in bytes. */
export function sizeOf(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text.trim());
  const unit = UNITS[match?.[2] || 'B'];
  if (match === null || unit === undefined) throw WrongUse.error({ what: `${option} takes a size such as 65536, 64 MiB or 1 GiB, not "${text}"` });
  return Math.round(Number(match[1]) * unit);
}

/** A whole number from 0 on. */
export function wholeOf(text: string, option: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw WrongUse.error({ what: `${option} takes a whole number, not "${text}"` });
}

/** A span such as `7d` or `500 ms`, in milliseconds. */
export function spanOf(text: string, option: string): number {
  return callersMistake(() => parseDuration(text, option));
}

/** A time as ISO 8601, in UTC where it names no zone, or as epoch milliseconds; undefined when it is none. */
export function timeOf(text: string): number | undefined {
  const milliseconds = /^(-?\d{1,16}) ?(?:ms)?$/.exec(text);
  if (milliseconds !== null) return Number(milliseconds[1]);
  if (!ISO.test(text)) return undefined;
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text.slice(10));
  const time = Date.parse(text.length > 10 && !hasZone ? `${text}Z` : text);
  return Number.isNaN(time) ? undefined : Math.floor(time);
}

/** `earliest`, `latest`, an offset (digits alone), or a time (ISO 8601, or epoch milliseconds with `ms` behind). */
export function positionOf(text: string, option: string): LogPosition {
  const word = text.trim();
  if (word === 'earliest' || word === 'latest') return word;
  if (/^\d{1,15}$/.test(word)) return { offset: Number(word) };
  const timestamp = timeOf(word);
  if (timestamp !== undefined) return { timestamp };
  throw WrongUse.error({ what: `${option} takes earliest, latest, an offset such as 1200, or a time such as 2026-03-02T10:00Z or 1772445600000ms, not "${text}"` });
}

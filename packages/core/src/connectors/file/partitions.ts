import { PartitionInvalid } from '../errors.js';

/** Gives the folder of a record inside the output, e.g. `dt=2026-01-31`. The timestamp is NaN when there is none. */
export type PartitionBy<T> = (value: T, timestamp: number) => string;

const dayFolder = lastRemembered(86_400_000, (timestamp) => `dt=${isoOf(timestamp).slice(0, 10)}`);
const minuteFolder = lastRemembered(60_000, (timestamp) => {
  const iso = isoOf(timestamp);
  return `dt=${iso.slice(0, 10)}/hm=${iso.slice(11, 13)}${iso.slice(14, 16)}`;
});

/** One folder per day of event time (UTC): `dt=2026-01-31`. */
export function byDay(_value: unknown, timestamp: number): string {
  return dayFolder(timestamp);
}

/** One folder per minute of event time (UTC): `dt=2026-01-31/hm=1205`. */
export function byMinute(_value: unknown, timestamp: number): string {
  return minuteFolder(timestamp);
}

/** `textOf`, which depends on the number of the stretch of time only, asked anew when that changes: records come about in order. */
function lastRemembered(stretchMs: number, textOf: (timestamp: number) => string): (timestamp: number) => string {
  let last = Number.NaN;
  let text = '';
  return (timestamp) => {
    const stretch = Math.floor(timestamp / stretchMs);
    if (stretch !== last) {
      text = textOf(timestamp);
      last = stretch;
    }
    return text;
  };
}

/** The partition, or a coded error when it is no relative path of plain names: data must not lead out of the output. */
export function checkedPartition(partition: unknown): string {
  if (typeof partition !== 'string') throw PartitionInvalid.error({ what: `the partition is ${partition === null ? 'null' : `a ${typeof partition}`}, not a text` });
  if (partition.split('/').every(isPlainName)) return partition;
  throw PartitionInvalid.error({ what: `the partition ${JSON.stringify(partition.slice(0, 200))} is no relative path of plain names` });
}

function isPlainName(name: string): boolean {
  if (name === '' || name.length > 255 || name.startsWith('.') || name.includes('\\')) return false;
  for (let at = 0; at < name.length; at++) if (name.charCodeAt(at) < 0x20) return false;
  return true;
}

function isoOf(timestamp: number): string {
  const date = new Date(timestamp);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw PartitionInvalid.error({
    what: `the record has no usable timestamp (${timestamp}) to be partitioned by`,
    remedy: 'Give the source a watermark strategy with timestamps, or partition by a field of the record.',
  });
}

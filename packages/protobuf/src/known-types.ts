/** What times and durations are: numbers of milliseconds, or bigints of nanoseconds. */
export type TimeMode = 'millis' | 'nanos';

/** A message of Google's own whose values are not objects, and what they are. */
export interface KnownType {
  readonly kind: 'duration' | 'timestamp' | 'wrapper';
  /** What values are in JavaScript, where it is not that of the only field. */
  readonly time: TimeMode;
  /** The value of a message as it was read; undefined where it is none. */
  readonly toValue: (message: Record<string, unknown>) => unknown;
  /** The message that is written for a value; undefined where the value is none of the type. */
  readonly toMessage: (value: unknown) => Record<string, unknown> | undefined;
}

const WRAPPERS: ReadonlySet<string> = new Set(['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes'].map((name) => `google.protobuf.${name}Value`));
const NANOS_PER_MS = 1_000_000;
const NANOS = 1_000_000_000;
/** From the year 1 to the year 9999, as the specification says. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;
/** 10 000 years. */
const LONGEST_SECONDS = 315_576_000_000;

interface Parts {
  readonly seconds: number;
  readonly nanos: number;
}

/** What stands for a message of this full name; undefined for all but a few. */
export function knownTypeOf(name: string, time: TimeMode): KnownType | undefined {
  if (WRAPPERS.has(name)) return { kind: 'wrapper', time, toValue: ({ value }) => value, toMessage: (value) => (value === undefined || value === null ? undefined : { value }) };
  if (name === 'google.protobuf.Timestamp') return timeType('timestamp', time, isTimestamp, (nanos) => Math.floor(nanos / NANOS_PER_MS), floorParts);
  if (name === 'google.protobuf.Duration') return timeType('duration', time, isDuration, (nanos) => Math.trunc(nanos / NANOS_PER_MS), truncatedParts);
  return undefined;
}

function timeType(kind: 'duration' | 'timestamp', time: TimeMode, isValid: (parts: Parts) => boolean, millisOf: (nanos: number) => number, partsOf: (value: number | bigint, time: TimeMode) => Parts): KnownType {
  return {
    kind,
    time,
    toValue: (message) => {
      // Longs of these messages may come as bigint.
      const parts = { seconds: Number(message['seconds']), nanos: message['nanos'] as number };
      if (!isValid(parts)) return undefined;
      if (time === 'nanos') return BigInt(parts.seconds) * BigInt(NANOS) + BigInt(parts.nanos);
      // `+ 0` turns -0 into 0.
      return parts.seconds * 1000 + millisOf(parts.nanos) + 0;
    },
    toMessage: (value) => {
      if (time === 'nanos' ? typeof value !== 'bigint' : !Number.isFinite(value)) return undefined;
      const parts = partsOf(value as number | bigint, time);
      return isValid(parts) ? { ...parts } : undefined;
    },
  };
}

function isTimestamp({ seconds, nanos }: Parts): boolean {
  return seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos < NANOS;
}

function isDuration({ seconds, nanos }: Parts): boolean {
  return Math.abs(seconds) <= LONGEST_SECONDS && Math.abs(nanos) < NANOS && (seconds === 0 || nanos === 0 || seconds > 0 === nanos > 0);
}

/** The rest counts forward, also before 1970. */
function floorParts(value: number | bigint, time: TimeMode): Parts {
  const parts = truncatedParts(value, time);
  return parts.nanos < 0 ? { seconds: parts.seconds - 1, nanos: parts.nanos + NANOS } : parts;
}

/** Both parts have the sign of the value. */
function truncatedParts(value: number | bigint, time: TimeMode): Parts {
  if (time === 'nanos') return { seconds: Number((value as bigint) / BigInt(NANOS)), nanos: Number((value as bigint) % BigInt(NANOS)) };
  const seconds = Math.trunc((value as number) / 1000) + 0;
  const nanos = Math.round(((value as number) - seconds * 1000) * NANOS_PER_MS);
  return { seconds, nanos: Math.max(1 - NANOS, Math.min(NANOS - 1, nanos)) + 0 };
}

import type { LogHeaders, NewLogRecord } from '@millrace/event-log';
import type { LineRules } from './commands.js';
import { LineUnusable } from './errors.js';
import { bytesOfJson } from './record-json.js';
import { timeOf } from './words.js';

/** A record and, where the line names one, its partition. */
export interface PlacedRecord extends NewLogRecord {
  readonly partition?: number | undefined;
}

const FIELDS = ['partition', 'offset', 'timestamp', 'key', 'headers', 'value'];
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Makes records of lines by the rules of the command. Gives undefined for an empty line where lines are JSON, and throws
 * `LineUnusable`, with what is wrong with a line.
 */
export function recordMaker(rules: LineRules): (line: Uint8Array) => PlacedRecord | undefined {
  const { jsonLines, keyField, timestampField, headers, timestamp } = rules;
  const key = rules.key === undefined ? undefined : Buffer.from(rules.key);
  const allHeaders = headers.length === 0 ? undefined : headers;
  const timeNow = timestamp === 'now' ? () => Date.now() : () => timestamp as number | undefined;
  if (jsonLines) return (line) => (isBlank(line) ? undefined : wholeRecord(parsed(line), allHeaders));
  if (keyField === undefined && timestampField === undefined) return (line) => ({ key, value: line, timestamp: timeNow(), headers: allHeaders });
  return (line) => {
    if (isBlank(line)) return undefined;
    const row = parsed(line);
    return {
      key: keyField === undefined ? key : keyOf(fieldOf(row, keyField)),
      value: line,
      timestamp: timestampField === undefined ? timeNow() : timestampOf(fieldOf(row, timestampField), timestampField),
      headers: allHeaders,
    };
  };
}

function unusable(what: string): Error {
  return LineUnusable.error({ what });
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9);
}

function parsed(line: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(line));
  } catch (error) {
    throw unusable(error instanceof SyntaxError ? error.message : 'it is no UTF-8');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unusable('it is no JSON object');
  return value as Record<string, unknown>;
}

/** The field of that name, or else, for a name with dots, the field inside of fields. */
function fieldOf(row: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(row, name)) return given(row[name], name);
  let value: unknown = row;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) throw unusable(`it has no field "${name}"`);
    value = (value as Record<string, unknown>)[part];
  }
  return given(value, name);
}

function given(value: unknown, name: string): unknown {
  if (value === null) throw unusable(`its field "${name}" is null`);
  return value;
}

/** A text is its UTF-8; a number and anything else its JSON. */
function keyOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function timestampOf(value: unknown, name: string): number {
  const time = typeof value === 'number' ? Math.floor(value) : typeof value === 'string' ? timeOf(value.trim()) : undefined;
  if (time !== undefined && Number.isSafeInteger(time)) return time;
  throw unusable(`its field "${name}" is ${JSON.stringify(value)}, which is neither ISO 8601 nor epoch milliseconds`);
}

function wholeRecord(row: Record<string, unknown>, more: LogHeaders | undefined): PlacedRecord {
  const unknown = Object.keys(row).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw unusable(`a record has no "${unknown}"; there are ${FIELDS.join(', ')}`);
  const { partition, timestamp, key, headers, value } = row;
  if (value === undefined) throw unusable('a record needs a "value"; null deletes its key');
  if (partition !== undefined && partition !== null && !Number.isSafeInteger(partition)) throw unusable('its "partition" is no whole number');
  return {
    partition: (partition ?? undefined) as number | undefined,
    timestamp: timestamp === undefined || timestamp === null ? undefined : timestampOf(timestamp, 'timestamp'),
    key: key === undefined || key === null ? undefined : bytesOfJson(key),
    headers: [...headersOf(headers), ...(more ?? [])],
    value: value === null ? null : bytesOfJson(value),
  };
}

/** Pairs, as they are shown, or an object. */
function headersOf(headers: unknown): LogHeaders {
  if (headers === undefined || headers === null) return [];
  const pairs: unknown[] | undefined = Array.isArray(headers) ? headers : typeof headers === 'object' ? Object.entries(headers) : undefined;
  return (pairs ?? [undefined]).map((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') throw unusable('its "headers" are neither an object nor pairs of a name and a value');
    return [pair[0], bytesOfJson(pair[1])] as const;
  });
}

import { isUtf8 } from 'node:buffer';
import type { LogHeaders } from '@millrace/event-log';
import { LineUnusable } from './errors.js';

/** Bytes as JSON: UTF-8 as a text, anything else as `{ "$bytes": BASE64 }`. */
export type JsonBytes = string | { readonly $bytes: string };

const text = new TextDecoder('utf-8', { ignoreBOM: true });

/** A record as one line of JSON. */
export function recordLine(record: {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | undefined;
  readonly headers: LogHeaders;
  readonly value: Uint8Array | null;
}): string {
  const { partition, offset, timestamp, key, headers, value } = record;
  return `${JSON.stringify({
    partition,
    offset,
    timestamp: Number.isNaN(timestamp) ? null : timestamp,
    key: key === undefined ? null : jsonBytes(key),
    headers: headers.map(([name, content]) => [name, jsonBytes(content)]),
    value: value === null ? null : jsonBytes(value),
  })}\n`;
}

function jsonBytes(bytes: Uint8Array): JsonBytes {
  return isUtf8(bytes) ? text.decode(bytes) : { $bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
}

/**
 * The bytes that a value of JSON means: a text its UTF-8, `{ "$bytes": BASE64 }` those bytes, and anything else its JSON,
 * so that records can be written by hand. Throws `LineUnusable` for what is no base64.
 */
export function bytesOfJson(value: unknown): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  const coded = typeof value === 'object' && value !== null && Object.keys(value).join() === '$bytes' ? (value as { readonly $bytes: unknown }).$bytes : undefined;
  if (coded === undefined) return Buffer.from(JSON.stringify(value));
  if (typeof coded === 'string' && coded.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(coded)) return Buffer.from(coded, 'base64');
  throw LineUnusable.error({ what: 'its "$bytes" is no base64' });
}

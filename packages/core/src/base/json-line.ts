import { toHex } from './bytes.js';

/**
 * One event as a line of JSON. What JSON has no form for is written in a way that loses nothing: large integers, NaN and
 * infinities as text, maps with text keys as objects and others as pairs, sets as arrays, bytes as hexadecimal text.
 */
export function jsonLine(event: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(event, jsonForm)}\n`;
}

/** The event of a printed or collected row; a value that JSON cannot hold at all (a cycle) goes as its text. */
export function rowLine(channel: string, row: unknown, text?: string): string {
  try {
    return jsonLine({ type: 'row', channel, row: row === undefined ? null : row });
  } catch {
    return jsonLine({ type: 'row', channel, text: (text ?? String(row)).trimEnd() });
  }
}

function jsonForm(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Set) return [...value];
  if (value instanceof Map) {
    const entries = [...value] as [unknown, unknown][];
    return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : entries;
  }
  if (value instanceof Uint8Array) return toHex(value);
  return value;
}

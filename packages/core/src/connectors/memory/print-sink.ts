import { toHex } from '../../base/bytes.js';
import type { Sink } from '../../connector/sink.js';

/** How rows are printed. */
export interface PrintOptions<T> {
  /** A word before each row, to tell several prints apart. */
  readonly prefix?: string;
  /** The text of a row; texts as they are and anything else as JSON unless given. */
  readonly format?: (value: T) => string;
}

/**
 * Shows every row on the program's output, one line each. With several subtasks a line begins with the number of its
 * subtask, counted from 1 as in a plan: `2> {"user":"ada"}`.
 */
export function printSink<T>(options: PrintOptions<T> = {}): Sink<T, never, never> {
  const { prefix = '', format = rowText } = options;
  return {
    kind: 'print',
    guarantee: 'at-least-once',
    restartsAlone: true,
    createWriter: (context) => {
      const number = context.parallelism > 1 ? String(context.subtask + 1) : '';
      const head = prefix === '' ? number : number === '' ? prefix : `${prefix}:${number}`;
      const start = head === '' ? '' : `${head}> `;
      return {
        write: (value) => context.print(`${start}${format(value)}\n`, value),
        close: () => undefined,
      };
    },
  };
}

/** A row as one line: a text as it is, anything else as JSON, with words for what JSON has none for, and bytes in hexadecimal. */
export function rowText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}n` : String(value);
  const seen: object[] = [];
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, name, part: unknown): unknown {
    // A Buffer has made itself an object of numbers before it comes here.
    const own = this[name];
    if (own instanceof Uint8Array) return toHex(own);
    if (typeof part === 'bigint') return `${part}n`;
    if (typeof part === 'number' && !Number.isFinite(part)) return String(part);
    if (part instanceof Map) return Object.fromEntries(part);
    if (part instanceof Set) return [...part];
    if (typeof part !== 'object' || part === null) return part;
    // The objects above a part are those up to the one that holds it.
    while (seen.length > 0 && seen.at(-1) !== this) seen.pop();
    if (seen.includes(part)) return '(contains itself)';
    seen.push(part);
    return part;
  });
}

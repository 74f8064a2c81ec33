import { decodeUtf8 } from '../base/bytes.js';

/** Longer texts are cut in messages. */
const LONGEST = 120;

/** The beginning of a record for an error message: on one line, in quotes, cut where it is long. */
export function excerptOf(record: Uint8Array | string): string {
  const text = typeof record === 'string' ? record : decodeUtf8(record, 0, Math.min(record.length, LONGEST * 4));
  const shown = JSON.stringify(text.slice(0, LONGEST));
  return text.length > LONGEST || record.length > LONGEST * 4 ? `${shown}…` : shown;
}

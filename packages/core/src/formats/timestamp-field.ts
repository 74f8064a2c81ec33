import { excerptOf } from '../connector/excerpt.js';
import { normaliseTimestamp } from '../record/timestamps.js';
import { TimestampFieldInvalid } from './errors.js';

/** The event time in a field of a record; `text` is the record for the error. */
export function timestampOf(record: unknown, field: string, text: string): number {
  const value = typeof record === 'object' && record !== null && Object.hasOwn(record, field) ? (record as Record<string, unknown>)[field] : undefined;
  try {
    return normaliseTimestamp(value instanceof Date ? value.getTime() : value);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : undefined;
    throw TimestampFieldInvalid.error({ what: `the field "${field}" of ${excerptOf(text)} is no timestamp`, ...(why === undefined ? {} : { why }) });
  }
}

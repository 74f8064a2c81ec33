import { BytesMalformed } from './base-errors.js';
import { decodeUtf8 } from './bytes.js';

/** The text of UTF-8 bytes; throws `BytesMalformed` where they are no valid UTF-8. A byte order mark stays. */
export function decodeUtf8Strict(bytes: Uint8Array, start: number = 0, end: number = bytes.length): string {
  const text = decodeUtf8(bytes, start, end);
  // Only a text with a replacement character needs the slow check; it may have been one in the data, too.
  if (!text.includes('\uFFFD')) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start, end));
  } catch {
    throw BytesMalformed.error({ what: `the bytes ${start} to ${end} are no valid UTF-8` });
  }
}

import { ByteReader } from '../base/bytes.js';
import { decodeUtf8Strict } from '../base/strict-utf8.js';
import { TextInvalid } from '../connector/errors.js';
import { excerptOf } from '../connector/excerpt.js';

/** The text of a frame, without a byte order mark; a coded error where it is no valid UTF-8. */
export function textOf(bytes: Uint8Array, from: number, to: number, latin1: boolean): string {
  if (latin1) {
    const reader = new ByteReader(bytes);
    reader.skip(from);
    return reader.latin1(to - from);
  }
  const hasMark = to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf;
  const start = hasMark ? from + 3 : from;
  try {
    return decodeUtf8Strict(bytes, start, to);
  } catch {
    throw TextInvalid.error({ what: `the record ${excerptOf(bytes.subarray(start, to))} has bytes that are no UTF-8` });
  }
}

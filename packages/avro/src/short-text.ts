/** Longer texts are made faster by a native call. */
export const SHORT_TEXT_BYTES = 12;

const { fromCharCode } = String;

/**
 * A short text of ASCII, three times as fast as a native call; undefined where a byte is none. Made with all units at once:
 * one after the other would be a tree of pieces.
 */
export function shortText(bytes: Uint8Array, at: number, length: number): string | undefined {
  let bits = 0;
  for (let n = at; n < at + length; n++) bits |= bytes[n]!;
  if (bits > 0x7f) return undefined;
  return length <= 6 ? sixUnits(bytes, at, length) : sixUnits(bytes, at, 6) + sixUnits(bytes, at + 6, length - 6);
}

function sixUnits(b: Uint8Array, at: number, length: number): string {
  switch (length) {
    case 0:
      return '';
    case 1:
      return fromCharCode(b[at]!);
    case 2:
      return fromCharCode(b[at]!, b[at + 1]!);
    case 3:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!);
    case 4:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!);
    case 5:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!);
    default:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!, b[at + 5]!);
  }
}

/** A code table of packed data: looked up with the next `bits` bits, low bits first. */
export interface Huffman {
  /** Length of the longest code. */
  readonly bits: number;
  readonly mask: number;
  /** `symbol << 4 | length`; 0 where no code leads. */
  readonly entries: Uint16Array;
}

/** The table for codes of these lengths, by symbol; 0 is no code. Undefined where no such code exists. */
export function buildHuffman(lengths: Uint8Array): Huffman | undefined {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  let bits = 15;
  while (bits > 1 && counts[bits] === 0) bits--;
  const next = new Uint16Array(16);
  let code = 0;
  let codes = 0;
  let space = 1 << 15;
  for (let length = 1; length <= 15; length++) {
    code = (code + counts[length - 1]!) << 1;
    next[length] = code;
    codes += counts[length]!;
    space -= counts[length]! << (15 - length);
  }
  // Too many codes never fit; too few are right only where there is one (a single distance) or none.
  if (space < 0 || (space > 0 && codes > 1)) return undefined;
  const entries = new Uint16Array(1 << bits);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    const entry = (symbol << 4) | length;
    for (let at = reversed(next[length]!++, length); at < entries.length; at += 1 << length) entries[at] = entry;
  }
  return { bits, mask: entries.length - 1, entries };
}

/** Codes are written with their first bit lowest. */
function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >>> bit) & 1) << (length - 1 - bit);
  return result;
}

function fixedLiterals(): Uint8Array {
  const lengths = new Uint8Array(288);
  lengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, 288);
  return lengths;
}

/** The literal and length codes of a block without tables of its own. */
export const FIXED_LITERALS: Huffman = buildHuffman(fixedLiterals())!;
/** The distance codes of a block without tables of its own. */
export const FIXED_DISTANCES: Huffman = buildHuffman(new Uint8Array(32).fill(5))!;

import type { ByteWriter } from '@millrace/core/spi';

/** Appends one value. */
export type AvroWriter = (out: ByteWriter, value: unknown) => void;

/** Texts of so many units have at the most 63 bytes in UTF-8, so that their length takes one byte. */
const SHORT_TEXT = 21;
const FOUR_BYTES = 2 ** 28;

/** Zigzag, seven bits a byte. */
export function writeLong(out: ByteWriter, value: bigint | number): void {
  if (typeof value === 'number' && value === (value | 0) && value < 2 ** 30 && value >= -(2 ** 30)) return out.varint32((value << 1) ^ (value >> 31));
  if (typeof value === 'number' && Math.abs(value) < 2 ** 52) return writeZigzag(out, value >= 0 ? value * 2 : -value * 2 - 1);
  const big = BigInt(value);
  let rest = BigInt.asUintN(64, (big << 1n) ^ (big >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) out.u8(Number(rest & 0x7fn) | 0x80);
  out.u8(Number(rest));
}

/** In two halves that fit the small integers of the engine. */
function writeZigzag(out: ByteWriter, value: number): void {
  if (value < FOUR_BYTES) return out.varint32(value);
  const high = Math.floor(value / FOUR_BYTES);
  const low = value - high * FOUR_BYTES;
  out.u8((low & 0x7f) | 0x80);
  out.u8(((low >>> 7) & 0x7f) | 0x80);
  out.u8(((low >>> 14) & 0x7f) | 0x80);
  out.u8((low >>> 21) | 0x80);
  out.varint32(high);
}

/** The length in bytes, then UTF-8. */
export function writeText(out: ByteWriter, text: string): void {
  if (text.length <= SHORT_TEXT) {
    const view = out.room(1 + text.length * 3);
    const at = out.length++;
    view.setUint8(at, out.utf8(text) * 2);
    return;
  }
  // Nearly all texts have a byte for each unit.
  const at = out.length;
  writeLong(out, text.length);
  if (out.ascii(text)) return;
  out.truncate(at);
  writeLong(out, Buffer.byteLength(text, 'utf8'));
  out.utf8(text);
}

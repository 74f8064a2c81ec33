/** Columns of strings: a header (bit 0: two bytes per unit; bits 1–2: lengths of 1, 2 or 4 bytes), all lengths in units, all units joined. */
import { isLatin1, type ByteReader, type ByteWriter } from '../../base/bytes.js';
import { MISFIT } from './misfit.js';
import { malformed } from './primitives.js';

const WIDE = 1;

/**
 * Strings are joined to about so many units and made into bytes in one native call. More would save few calls, and from 131,072 units on V8 puts the joined
 * text in pages of its own, which the system gives and takes back for each: that costs as much again (decision 0074).
 */
export const PIECE_UNITS: number = 1 << 14;
/** Of strings that have one byte for their length so many are joined before it is asked how long they have become. */
export const STRINGS_AT_ONCE = 64;

/**
 * A text that strings are cut off takes no more of them once it has so many units. V8 makes longer substrings windows onto their text, so
 * whoever keeps one keeps all of that, and should not keep the strings of a whole batch.
 */
const TEXT_UNITS = 8192;

/** A column's strings: their units in texts of a few whole strings, cut by lengths. Short lengths are still those of the reader's bytes. */
export interface StringColumn {
  readonly texts: readonly string[];
  readonly lengths: Uint8Array | Uint32Array;
}

/** Writes the strings `from` to `to - 1`; throws the misfit when one is none. */
export function writeStrings(values: readonly unknown[], from: number, to: number, writer: ByteWriter): void {
  let bits = 0;
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (typeof value !== 'string') throw MISFIT;
    bits |= value.length;
  }
  const width = bits < 0x100 ? 0 : bits < 0x1_0000 ? 1 : 2;
  const header = writer.length;
  writeLengths(values as readonly string[], from, to, width, writer);
  const start = writer.length;
  if (writeUnits(values as readonly string[], from, to, writer, writeNarrow)) return;
  writer.truncate(start);
  writer.room(0).setUint8(header, WIDE | (width << 1));
  writeUnits(values as readonly string[], from, to, writer, writeWide);
}

/** Writes a text with one byte per unit and says true; false, and nothing that counts is written, when it has wide units. */
export function writeNarrow(text: string, writer: ByteWriter): boolean {
  if (writer.ascii(text)) return true;
  if (!isLatin1(text)) return false;
  writer.latin1(text);
  return true;
}

function writeWide(text: string, writer: ByteWriter): boolean {
  writer.utf16(text);
  return true;
}

/** Writes the units of strings, piece by piece; false as soon as a piece cannot be written so. */
function writeUnits(values: readonly string[], from: number, to: number, writer: ByteWriter, write: (text: string, writer: ByteWriter) => boolean): boolean {
  let text = '';
  for (let i = from; i < to; i++) {
    text += values[i]!;
    if (text.length < PIECE_UNITS) continue;
    if (!write(text, writer)) return false;
    text = '';
  }
  return write(text, writer);
}

/** The header of narrow strings, and the length of each. */
function writeLengths(values: readonly string[], from: number, to: number, width: number, writer: ByteWriter): void {
  const memory = writer.room(1 + ((to - from) << width));
  let at = writer.length;
  memory.setUint8(at++, width << 1);
  for (let i = from; i < to; i++) {
    const { length } = values[i]!;
    if (width === 0) memory.setUint8(at, length);
    else if (width === 1) memory.setUint16(at, length, true);
    else memory.setUint32(at, length, true);
    at += 1 << width;
  }
  writer.length = at;
}

/** Reads a column of strings; the bytes must stay as they are until its lengths were used. */
export function readStrings(count: number, reader: ByteReader): StringColumn {
  const header = reader.u8();
  const width = header >> 1;
  if (header > 5) throw malformed(`a column of strings has the header ${header}`);
  const bytes = reader.bytes(count << width);
  const lengths = width === 0 ? bytes : longLengths(bytes, count, width);
  const texts: string[] = [];
  let size = 0;
  for (let i = 0; i < count; i++) {
    size += lengths[i]!;
    if (size < TEXT_UNITS && i + 1 < count) continue;
    texts.push((header & WIDE) === 0 ? reader.latin1(size) : reader.utf16(size));
    size = 0;
  }
  return { texts, lengths };
}

function longLengths(bytes: Uint8Array, count: number, width: number): Uint32Array {
  const lengths = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    if (width === 1) lengths[i] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
    else lengths[i] = (bytes[4 * i]! | (bytes[4 * i + 1]! << 8) | (bytes[4 * i + 2]! << 16) | (bytes[4 * i + 3]! << 24)) >>> 0;
  }
  return lengths;
}

/**
 * CRC32C (Castagnoli) and the older CRC32 that gzip files carry, with sixteen tables, sixteen bytes a step: no platform has
 * the first in reach, and the second (`Digests.crc32`) is needed where there is no platform.
 */

/** Bytes that are taken in one step: one table each. */
const STEP = 16;
/** Fewer bytes than this are taken one by one. */
const SHORT = 64;
/** Words are read as they lie in memory, and the first byte has to be the low one. */
const LITTLE_ENDIAN: boolean = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

const CASTAGNOLI: Int32Array = buildTables(0x82f63b78);
const GZIP: Int32Array = buildTables(0xedb88320);

/** Table `n` advances the checksum of a byte over `n` further zero bytes; all of them lie in one array. */
function buildTables(polynomial: number): Int32Array {
  const tables = new Int32Array(STEP * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    tables[byte] = crc;
  }
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256]!;
    tables[index] = (before >>> 8) ^ tables[before & 0xff]!;
  }
  return tables;
}

/**
 * The checksum of a range of bytes, an unsigned 32-bit number. To continue over several pieces give the
 * checksum so far as `before`.
 */
export function crc32c(bytes: Uint8Array, before: number = 0, start: number = 0, end: number = bytes.length): number {
  return checksum(CASTAGNOLI, bytes, before, start, end);
}

/** The checksum of gzip and zip over a range of bytes; otherwise as {@link crc32c}. */
export function gzipCrc32(bytes: Uint8Array, before: number = 0, start: number = 0, end: number = bytes.length): number {
  return checksum(GZIP, bytes, before, start, end);
}

function checksum(tables: Int32Array, bytes: Uint8Array, before: number, start: number, end: number): number {
  let crc = ~before;
  let at = start;
  if (LITTLE_ENDIAN && end - start >= SHORT) {
    while (((bytes.byteOffset + at) & 3) !== 0) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at++]!) & 0xff]!;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, ((end - at) >>> 4) << 2);
    crc = overWords(tables, words, crc);
    at += words.length * 4;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

/** Four words a step; their number is a multiple of that. */
function overWords(tables: Int32Array, words: Int32Array, before: number): number {
  let crc = before;
  for (let at = 0; at < words.length; at += 4) {
    const first = crc ^ words[at]!;
    const second = words[at + 1]!;
    const third = words[at + 2]!;
    const fourth = words[at + 3]!;
    crc =
      tables[3840 + (first & 0xff)]! ^ tables[3584 + ((first >>> 8) & 0xff)]! ^ tables[3328 + ((first >>> 16) & 0xff)]! ^ tables[3072 + (first >>> 24)]! ^
      tables[2816 + (second & 0xff)]! ^ tables[2560 + ((second >>> 8) & 0xff)]! ^ tables[2304 + ((second >>> 16) & 0xff)]! ^ tables[2048 + (second >>> 24)]! ^
      tables[1792 + (third & 0xff)]! ^ tables[1536 + ((third >>> 8) & 0xff)]! ^ tables[1280 + ((third >>> 16) & 0xff)]! ^ tables[1024 + (third >>> 24)]! ^
      tables[768 + (fourth & 0xff)]! ^ tables[512 + ((fourth >>> 8) & 0xff)]! ^ tables[256 + ((fourth >>> 16) & 0xff)]! ^ tables[fourth >>> 24]!;
  }
  return crc;
}

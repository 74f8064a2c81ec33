/**
 * CRC32C (Castagnoli), the checksum of every chunk we write, and the older CRC32 that gzip files carry. Node 20 has
 * neither in reach, so they are computed here with eight tables, eight bytes a step.
 */

const CASTAGNOLI: Int32Array = buildTables(0x82f63b78);
const GZIP: Int32Array = buildTables(0xedb88320);

/** Table `n` advances the checksum of a byte over `n` further zero bytes; all eight lie in one array. */
function buildTables(polynomial: number): Int32Array {
  const tables = new Int32Array(8 * 256);
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
  for (const lastStep = end - 8; at <= lastStep; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      tables[1792 + (crc & 0xff)]! ^
      tables[1536 + ((crc >>> 8) & 0xff)]! ^
      tables[1280 + ((crc >>> 16) & 0xff)]! ^
      tables[1024 + (crc >>> 24)]! ^
      tables[768 + bytes[at + 4]!]! ^
      tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

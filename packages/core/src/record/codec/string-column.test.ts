import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, isLatin1, toHex } from '../../base/bytes.js';
import { t } from '../types/t.js';
import { generateColumnWriter } from './generated-columns.js';
import { writeColumn } from './columns.js';
import { PIECE_UNITS, readStrings, STRINGS_AT_ONCE, writeStrings } from './string-column.js';

/** The column as the format says it, in one piece. */
function plain(texts: readonly string[]): string {
  const writer = new ByteWriter();
  const longest = Math.max(...texts.map(({ length }) => length));
  const width = longest < 0x100 ? 0 : longest < 0x1_0000 ? 1 : 2;
  const all = texts.join('');
  writer.u8((width << 1) | (isLatin1(all) ? 0 : 1));
  for (const { length } of texts) for (let byte = 0; byte < 1 << width; byte++) writer.u8((length >> (8 * byte)) & 0xff);
  if (isLatin1(all)) writer.latin1(all);
  else writer.utf16(all);
  return toHex(writer.toBytes());
}

function written(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(16);
  writer.u32(7);
  write(writer);
  return toHex(writer.toBytes().subarray(4));
}

function expectSame(texts: readonly string[]): void {
  const expected = plain(texts);
  const records = texts.map((text, id) => ({ text, id }));
  const type = t.struct({ text: t.string, id: t.number });
  const numbers = written((writer) => texts.forEach((_, id) => writer.f64(id)));
  expect(written((writer) => writeStrings(texts, 0, texts.length, writer))).toBe(expected);
  expect(written((writer) => generateColumnWriter(type)(records, 0, records.length, writer))).toBe(expected + numbers);
  expect(written((writer) => writeColumn(type, records, 0, records.length, writer))).toBe(expected + numbers);
  const reader = new ByteReader(Buffer.from(expected, 'hex'));
  const read = readStrings(texts.length, reader);
  expect([...read.lengths]).toEqual(texts.map(({ length }) => length));
  expect(read.texts.join('')).toBe(texts.join(''));
  expect(reader.remaining).toBe(0);
}

describe('a column of strings', () => {
  it('is the same bytes, in however many pieces it is written', () => {
    const text = fc.tuple(fc.constantFrom('x', 'y', 'é', 'ÿ', '\u20ac', '\ud800'), fc.oneof({ weight: 6, arbitrary: fc.nat(60) }, { weight: 2, arbitrary: fc.nat(300) }, fc.nat(2 * PIECE_UNITS)));
    const plainText = fc.tuple(fc.constantFrom('x', 'y'), fc.nat(255));
    fc.assert(
      fc.property(fc.array(plainText, { maxLength: 600, size: 'max' }), fc.array(text, { minLength: 1, maxLength: 5 }), fc.array(plainText, { maxLength: 100 }), (before, some, behind) => {
        expectSame([...before, ...some, ...behind].map(([letter, length]) => letter.repeat(length)));
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('begins anew when a letter is wide, or a string long, behind pieces that are written', () => {
    const many = Array.from({ length: 4 * STRINGS_AT_ONCE + 1 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(255));
    for (const last of ['', 'z', 'é', '\u20ac', 'z'.repeat(256), '\u20ac'.repeat(70_000)]) expectSame([...many, last]);
  });

  it('keeps what stands before it when a value is no string', () => {
    const writer = new ByteWriter(16);
    writer.u32(7);
    const records = [...Array.from({ length: 300 }, (_, id) => ({ text: 'x'.repeat(200), id })), { text: 1, id: 1 }];
    expect(() => generateColumnWriter(t.struct({ text: t.string, id: t.number }))(records, 0, records.length, writer)).toThrow();
    writer.truncate(4);
    expect(toHex(writer.toBytes())).toBe('07000000');
  });
});

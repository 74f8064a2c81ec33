import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, isLatin1, toHex } from '../../base/bytes.js';
import { RecordBatch } from '../record-batch.js';
import { t } from '../types/t.js';
import { readColumn, writeColumn } from './columns.js';
import { generateColumnOpener, generateColumnReader, generateColumnWriter } from './generated-columns.js';
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

/** Writes the texts as fields that are there and that may be absent, and reads them in all three ways. */
function expectBack(texts: readonly string[]): void {
  const type = t.struct({ text: t.string, id: t.number, maybe: t.optional(t.string) });
  const records = texts.map((text, id) => (id % 3 === 0 ? { text, id } : { text, id, maybe: text }));
  const writer = new ByteWriter(16);
  generateColumnWriter(type)(records, 0, records.length, writer);
  const bytes = writer.toBytes();
  const read: unknown[] = [];
  generateColumnReader(type)(new ByteReader(bytes), records.length, read, 0);
  const open = generateColumnOpener(type)!(new ByteReader(bytes), records.length, new RecordBatch(records.length));
  expect(read).toStrictEqual(records);
  expect(records.map((_, at) => open(at))).toStrictEqual(records);
  expect(readColumn(type, records.length, new ByteReader(bytes))).toStrictEqual(records);
}

/** Letters of each kind, whole surrogate pairs, and halves that may meet in neighbouring texts. */
const LETTERS = ['x', '', '\u0000', '\u007f', '\u0080', '\u00ff', '\u0100', '\ufeff', '\uffff', '\ud800', '\udc00', '\udbff\udfff'];

describe('a column of strings', () => {
  it('gives back all units of texts whose pieces end anywhere, also within a surrogate pair', () => {
    const edge = fc.constantFrom(0, 1, 2, 255, 256, 257, 8191, 8192, PIECE_UNITS - 1, PIECE_UNITS, PIECE_UNITS + 1, 65_535, 65_536);
    const text = fc.tuple(fc.constantFrom(...LETTERS), fc.constantFrom('', 'x', 'é'), edge, fc.constantFrom(...LETTERS)).map(([first, inner, length, last]) => first + inner.repeat(length) + last);
    const short = fc.array(fc.constantFrom(...LETTERS), { maxLength: 4 }).map((letters) => letters.join(''));
    const texts = fc.array(fc.oneof({ weight: 9, arbitrary: short }, { weight: 1, arbitrary: text }), { minLength: 1, maxLength: 3 * STRINGS_AT_ONCE, size: 'max' });
    fc.assert(
      fc.property(texts, (some) => {
        expectBack(some);
        expectSame(some);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('gives back a pair whose halves end one piece and begin the next', () => {
    const half = `${'x'.repeat(254)}\ud83d`;
    const other = `\ude00${'x'.repeat(254)}`;
    for (const length of [STRINGS_AT_ONCE, STRINGS_AT_ONCE + 1, 3 * STRINGS_AT_ONCE]) {
      const texts = Array.from({ length }, (_, at) => (at % 2 === 0 ? half : other));
      expectBack(texts);
      expectSame(texts);
    }
  });

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

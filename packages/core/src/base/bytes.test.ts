import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytesExhausted, BytesMalformed, BytesTooLarge } from './base-errors.js';
import { ByteReader, ByteWriter, concatBytes, decodeUtf8, encodeUtf8, equalBytes, fromHex, isLatin1, toHex } from './bytes.js';
import { giveBack } from './own-memory.js';
import { decodeUtf8Strict } from './strict-utf8.js';

const anyString = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 }), fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)));

describe('ByteWriter and ByteReader', () => {
  it('a writer hands its memory over and goes on with other', () => {
    for (const capacity of [5, 1000]) {
      const writer = new ByteWriter(capacity);
      for (const byte of [1, 2, 3, 4, 5]) writer.u8(byte);
      const bytes = writer.handOver();
      expect(writer.length).toBe(0);
      for (let count = 0; count < 100; count++) writer.u8(9);
      expect([...bytes]).toEqual([1, 2, 3, 4, 5]);
      expect([...writer.handOver()]).toEqual(new Array(100).fill(9));
    }
  });

  it('are empty once their memory was given back, if it is large and nobody else has a part of it', () => {
    const large = new Uint8Array(100_000);
    const piece = new Uint8Array(new ArrayBuffer(100_000), 0, 50_000);
    const small = new Uint8Array(100);
    const writer = new ByteWriter(100_000);
    const { memory } = writer;
    for (const bytes of [large, piece, small, memory]) giveBack(bytes);
    expect([large.length, piece.length, small.length, memory.length]).toEqual([0, 50_000, 100, 0]);
  });

  it('read back every kind of value, through growth and reuse', () => {
    const writer = new ByteWriter(1);
    const model = fc.record({
      u8: fc.nat(255), u16: fc.nat(65_535), u32: fc.nat(2 ** 32 - 1), i32: fc.integer(), i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), f64: fc.double(),
      v32: fc.nat(2 ** 32 - 1), v53: fc.maxSafeNat(), bytes: fc.uint8Array(), text: anyString,
    });
    fc.assert(
      fc.property(model, (value) => {
        writer.reset();
        writer.u8(value.u8);
        writer.u16(value.u16);
        writer.u32(value.u32);
        writer.i32(value.i32);
        writer.i64(value.i64);
        writer.f64(value.f64);
        writer.varint32(value.v32);
        writer.varint53(value.v53);
        writer.sizedBytes(value.bytes);
        writer.string(value.text);
        writer.utf16(value.text);
        const wellFormed = !/\p{Surrogate}/u.test(value.text);
        const utf8Bytes = writer.utf8(value.text);
        const reader = new ByteReader(writer.toBytes());
        expect([reader.u8(), reader.u16(), reader.u32(), reader.i32(), reader.i64()]).toEqual([value.u8, value.u16, value.u32, value.i32, value.i64]);
        expect(Object.is(reader.f64(), value.f64)).toBe(true);
        expect([reader.varint32(), reader.varint53()]).toEqual([value.v32, value.v53]);
        expect([...reader.sizedBytes()]).toEqual([...value.bytes]);
        expect(reader.string()).toBe(value.text);
        expect(reader.utf16(value.text.length)).toBe(value.text);
        const text = reader.utf8(utf8Bytes);
        if (wellFormed) expect(text).toBe(value.text);
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('writes little-endian and the shortest varints', () => {
    const writer = new ByteWriter();
    writer.u16(0x0102);
    writer.u32(0x01020304);
    writer.varint32(127);
    writer.varint32(300);
    writer.varint53(2 ** 53 - 1);
    writer.string('é');
    writer.string('€');
    expect(toHex(writer.toBytes())).toBe(['0201', '04030201', '7f', 'ac02', 'ffffffffffffff0f', '02e9', '03ac20'].join(''));
    writer.patchU32(2, 7);
    expect(toHex(writer.view(2).subarray(0, 4))).toBe('07000000');
    writer.truncate(2);
    expect(writer.length).toBe(2);
  });

  it('refuses every truncation with a code', () => {
    const writer = new ByteWriter();
    writer.string('a text of some length');
    writer.varint53(2 ** 40);
    writer.f64(1.5);
    const whole = writer.toBytes();
    for (let length = 0; length < whole.length; length++) {
      const reader = new ByteReader(whole.subarray(0, length));
      expect(() => [reader.string(), reader.varint53(), reader.f64()], `cut at ${length}`).toThrow(expect.toSatisfy(BytesExhausted.is));
    }
    const reader = new ByteReader(whole);
    expect(() => reader.bytes(-1)).toThrow(expect.toSatisfy(BytesExhausted.is));
    expect(() => reader.skip(Number.NaN)).toThrow(expect.toSatisfy(BytesExhausted.is));
  });

  it('refuses varints that no writer makes', () => {
    expect(() => new ByteReader(fromHex('ffffffffffffffffff01')).varint53()).toThrow(expect.toSatisfy(BytesMalformed.is));
    expect(() => new ByteReader(fromHex('ffffffffffffff1f')).varint53()).toThrow(expect.toSatisfy(BytesMalformed.is));
    expect(() => new ByteReader(fromHex('ffffffff1f')).varint32()).toThrow(expect.toSatisfy(BytesMalformed.is));
  });

  it('stops at its limit with a code and keeps what was written', () => {
    const writer = new ByteWriter(4, 16);
    writer.bytes(new Uint8Array(16));
    expect(() => writer.u8(1)).toThrow(expect.toSatisfy(BytesTooLarge.is));
    expect(writer.length).toBe(16);
  });

  it('reads a part of a larger buffer without seeing its neighbours', () => {
    const large = Uint8Array.from([9, 9, 1, 2, 3, 4, 9, 9]);
    const reader = new ByteReader(large.subarray(2, 6));
    expect(reader.u32()).toBe(0x04030201);
    expect(() => reader.u8()).toThrow(expect.toSatisfy(BytesExhausted.is));
    reader.reset(large.subarray(1, 3));
    expect([...reader.bytes(2)]).toEqual([9, 1]);
  });
});

describe('byte helpers', () => {
  it('decode UTF-8 strictly where asked', () => {
    expect(decodeUtf8Strict(encodeUtf8('\uFEFFa \uFFFD 😀'))).toBe('\uFEFFa \uFFFD 😀');
    expect(decodeUtf8(Uint8Array.from([0x61, 0xff]))).toBe('a\uFFFD');
    for (const bad of ['ff', 'c080', 'eda080', 'e282', 'f8888080']) expect(() => decodeUtf8Strict(fromHex(bad)), bad).toThrow(expect.toSatisfy(BytesMalformed.is));
    expect(decodeUtf8Strict(encodeUtf8('xäy'), 1, 3)).toBe('ä');
  });

  it('compare, join and show bytes', () => {
    expect(equalBytes(fromHex('0aFF'), Uint8Array.from([10, 255]))).toBe(true);
    expect(toHex(concatBytes([fromHex('01'), fromHex(''), fromHex('0203')]))).toBe('010203');
    for (const bad of ['1', 'zz', '0x12']) expect(() => fromHex(bad)).toThrow(expect.toSatisfy(BytesMalformed.is));
    for (const pad of ['', 'x'.repeat(50)]) {
      expect([isLatin1(`${pad}\0ÿ`), isLatin1(`${pad}Ā`), isLatin1(`${pad}\ud800`), isLatin1(`${pad}\uffff`)]).toEqual([true, false, false, false]);
    }
    const writer = new ByteWriter(1);
    writer.latin1('aÿ');
    expect(toHex(writer.view())).toBe('61ff');
    expect(new ByteReader(writer.view()).latin1(2)).toBe('aÿ');
  });
});

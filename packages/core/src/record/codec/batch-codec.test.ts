import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, toHex } from '../../base/bytes.js';
import { MillraceError } from '../../base/errors.js';
import { EncodingMalformed, TypeInvalid, ValueIsCyclic, ValueNotSupported, ValueTooDeep } from '../errors.js';
import { numberShape, type NumberShape } from '../number-columns.js';
import { RecordBatch } from '../record-batch.js';
import { t } from '../types/t.js';
import type { TypeInfo } from '../types/type-info.js';
import { anyDomainValue, difference, DOMAIN, refusedValues } from '../value-domain.test-values.js';
import { batchCodecFor, type BatchCodec } from './batch-codec.js';
import { anyStructAndValues, anyTypeAndValues } from './typed.test-values.js';

/** What fast-check tries takes processor time, of which a loaded machine gives little. */
const PATIENT = { timeout: 120_000 };

function encode(codec: BatchCodec, values: readonly unknown[], timestamps: Float64Array = new Float64Array(values.length).fill(Number.NaN)): Uint8Array {
  const writer = new ByteWriter(16);
  codec.encodeBatch(values, 0, values.length, timestamps, writer);
  return writer.toBytes();
}

function decode(codec: BatchCodec, bytes: Uint8Array): RecordBatch {
  const reader = new ByteReader(bytes);
  const batch = new RecordBatch(Math.max(1, codec.peekLength(reader)));
  codec.decodeBatch(reader, batch);
  expect(reader.remaining).toBe(0);
  return batch;
}

/** A batch of records of numbers in columns. */
function batchOf(shape: NumberShape, records: readonly (readonly number[])[]): RecordBatch {
  const batch = new RecordBatch(8);
  const { data, stride } = batch.holdNumbers(shape);
  records.forEach((record, i) => record.forEach((x, at) => (data[at * stride + i] = x)));
  batch.length = records.length;
  return batch;
}

/** The records as they are made when they are taken. */
function takenOf(codec: BatchCodec, bytes: Uint8Array): unknown[] {
  const reader = new ByteReader(bytes);
  const batch = new RecordBatch(Math.max(1, codec.peekLength(reader)));
  codec.openBatch(reader, batch);
  expect(reader.remaining).toBe(0);
  const taken = Array.from({ length: batch.length }, (_, i) => batch.take(i));
  batch.clear();
  expect(batch.values.every((value) => value === undefined)).toBe(true);
  return taken;
}

/** The byte after the length and the (absent) timestamps says how the records travel. */
function formOf(bytes: Uint8Array): string {
  const reader = new ByteReader(bytes);
  reader.varint32();
  reader.u8();
  return ['declared', 'layout', 'tagged', 'rows'][reader.u8()]!;
}

function expectUnchanged(type: TypeInfo, values: readonly unknown[]): string {
  const forms = [true, false].map((generate) => {
    const codec = batchCodecFor(type, { generate });
    const receiver = batchCodecFor(type, { generate });
    const later = batchCodecFor(type, { generate });
    let bytes = new Uint8Array();
    // Three times: the encoder changes its guess, and the decoder from reading to generated code.
    for (let round = 0; round < 3; round++) {
      bytes = new Uint8Array(encode(codec, values));
      expect(difference(values, decode(receiver, bytes).values.slice(0, values.length))).toBeUndefined();
      expect(difference(values, takenOf(later, bytes))).toBeUndefined();
    }
    return bytes;
  });
  expect(toHex(forms[0]!)).toBe(toHex(forms[1]!));
  return formOf(forms[0]!);
}

const Bid = t.struct({ auction: t.number, bidder: t.number, channel: t.string, url: t.string, paid: t.boolean, at: t.timestamp, extra: t.optional(t.nullable(t.string)) });

function bid(i: number): object {
  const common = { auction: i, bidder: i * 7, channel: `c${i % 5}`, url: `https://example.com/${'x'.repeat(i % 300)}`, paid: i % 3 === 0, at: 1e12 + i };
  return i % 4 === 0 ? { ...common, extra: null } : i % 4 === 1 ? { ...common, extra: undefined } : i % 4 === 2 ? common : { ...common, extra: 'ж' };
}

/** Whether the runtime keeps two objects in the same way: code that meets both is compiled for one. */
function haveSameHiddenClass(left: unknown, right: unknown): boolean {
  setFlagsFromString('--allow-natives-syntax');
  try {
    return (new Function('left', 'right', 'return %HaveSameMap(left, right);') as (left: unknown, right: unknown) => boolean)(left, right);
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

describe('batches of records', () => {
  it('keeps records and timestamps, in declared columns and in inferred ones', () => {
    const values = Array.from({ length: 300 }, (_, i) => bid(i));
    expect(expectUnchanged(Bid, values)).toBe('declared');
    expect(expectUnchanged(t.dynamic, values)).toBe('layout');
    const codec = batchCodecFor(Bid);
    const timestamps = Float64Array.from(values, (_, i) => (i % 3 === 0 ? Number.NaN : -i));
    const writer = new ByteWriter();
    codec.encodeBatch(values, 10, 20, timestamps, writer);
    const batch = new RecordBatch(12);
    batch.append('before', 1);
    codec.decodeBatch(new ByteReader(writer.toBytes()), batch);
    expect([...batch.timestamps.slice(0, 11)]).toEqual([1, ...timestamps.slice(10, 20)]);
    expect(difference(batch.values.slice(1, 11), values.slice(10, 20))).toBeUndefined();
  });

  it('cuts strings off texts of a few of them, however long and whatever their letters', () => {
    const lengths = [0, 0, 8191, 0, 1, 0, 8192, 0, 20_000, 0, 0, ...Array.from({ length: 3000 }, (_, i) => i % 40), 0];
    for (const letter of ['x', 'é', '\u20ac']) {
      const values = lengths.map((length, id) => ({ id, text: letter.repeat(length), maybe: id % 3 === 0 ? undefined : letter.repeat(id % 17) }));
      expect(expectUnchanged(t.dynamic, values)).toBe('layout');
      expect(expectUnchanged(t.struct({ id: t.number, text: t.string, maybe: t.optional(t.string) }), values)).toBe('declared');
    }
  });

  it('lets go of a batch of which one record is kept', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = (): number => (collect(), process.memoryUsage().heapUsed);
    const [sender, receiver] = [batchCodecFor(t.dynamic), batchCodecFor(t.dynamic)];
    const kept: unknown[] = [];
    const before = heap();
    for (let turn = 0; turn < 60; turn++) {
      const taken = takenOf(receiver, encode(sender, Array.from({ length: 4096 }, (_, i) => ({ id: i, note: `what is said of record ${i} of batch ${turn}` }))));
      kept.push(taken[turn]);
    }
    // The texts of one batch alone are 160 kB.
    expect((heap() - before) / kept.length).toBeLessThan(40_000);
    expect(kept.length).toBe(60);
  });

  it('asks records only for the types of fields that they are known to have', () => {
    const fields = ['a', 'b', 'f'];
    const made = (i: number, f: unknown): object => ({ a: i, b: -i, f });
    for (const type of [t.dynamic, t.struct({ a: t.number, b: t.number, f: t.number }), t.struct({ a: t.number, f: t.optional(t.number) })] as TypeInfo[]) {
      for (const values of [[1, 2], [1, undefined], [1, 'x'], [{ g: 1 }, { g: 2, h: 3 }]].map((last) => last.map((f, i) => made(i, f)))) {
        const knowing = batchCodecFor(type);
        knowing.recordsHave(fields);
        expect(toHex(encode(knowing, values))).toBe(toHex(encode(batchCodecFor(type), values)));
      }
      const knowing = batchCodecFor(type);
      knowing.recordsHave(fields);
      let looks = 0;
      const record = new Proxy(made(1, 2), { ownKeys: (target) => (looks++, Reflect.ownKeys(target)) });
      encode(knowing, [record]);
      const before = looks;
      encode(knowing, [record]);
      // Another declared type has them looked at.
      expect(looks - before > 0).toBe(type.kind === 'struct' && type.fields.length === 2);
    }
  });

  it('R48 writes columns of numbers as it writes the records that they stand for', () => {
    const names = ['a', '__proto__', 'b c'];
    const shape = numberShape(names)!;
    const values = [[1, 2, 3], [-0, Number.NaN, -Infinity], [2 ** 53, 0.1, -1]];
    const typed = t.struct(Object.fromEntries(names.map((name) => [name, t.number])));
    for (const type of [t.dynamic, typed] as TypeInfo[]) {
      const columns = batchOf(shape, values);
      const knowing = batchCodecFor(type);
      expect(knowing.recordsHave(shape.fields)).toBe(true);
      for (const timestamps of [Float64Array.of(7, 8, 9), new Float64Array(3).fill(Number.NaN)]) {
        const writer = new ByteWriter(16);
        knowing.encodeNumbers(columns.numbers!, 3, timestamps, writer);
        const records = Array.from({ length: 3 }, (_, i) => columns.take(i));
        expect(toHex(writer.toBytes())).toBe(toHex(encode(batchCodecFor(type), records, timestamps)));
        expect(difference(records, takenOf(batchCodecFor(type), writer.toBytes()))).toBeUndefined();
        expect(records.map((record) => Object.entries(record as object))).toEqual(values.map((each) => each.map((x, at) => [names[at], x])));
      }
    }
    for (const other of [t.struct({ a: t.number }), t.struct({ a: t.optional(t.number) }), t.number]) expect(batchCodecFor(other).recordsHave(shape.fields)).toBe(false);
    expect(batchCodecFor(t.dynamic, { generate: false }).recordsHave(shape.fields)).toBe(false);
    expect(batchCodecFor(t.dynamic).recordsHave(Array.from({ length: 17 }, (_, i) => `f${i}`))).toBe(false);
  });

  it.each(DOMAIN)('R48 keeps %s, whatever the type says', (_, value) => {
    for (const type of [t.dynamic, t.string, Bid, t.struct({ f: t.dynamic }), t.struct({ f: t.optional(t.dynamic) })] as TypeInfo[]) {
      expectUnchanged(type, [value]);
      expectUnchanged(type, [{ f: value }, { f: 1 }, {}]);
    }
  });

  it('R48 keeps any values of the domain, also in records of one shape', PATIENT, () => {
    fc.assert(
      fc.property(fc.array(anyDomainValue(), { maxLength: 20 }), (values) => {
        expectUnchanged(t.dynamic, values);
        expectUnchanged(t.dynamic, values.map((value, i) => ({ i, value, text: String(i) })));
      }),
      { numRuns: 300 },
    );
  });

  it('generated and interpreting codecs agree byte for byte on any declared type', PATIENT, () => {
    fc.assert(
      fc.property(fc.oneof(anyStructAndValues(), anyTypeAndValues()), ({ type, values }) => {
        const form = expectUnchanged(type, values);
        if (type.kind === 'class' && type.fields.length > 0) expect(form).toBe('declared');
      }),
      { numRuns: 500 },
    );
  });

  it('carries records that do not fit their declared type', () => {
    const misfits = [bid(1), { ...bid(2), undeclared: 1 }, { url: 'other order', auction: 2 }, 'text', null];
    expect(expectUnchanged(Bid, misfits)).toBe('tagged');
    expect(expectUnchanged(Bid, misfits.slice(0, 2))).toBe('layout');
    expect(expectUnchanged(Bid, [{ channel: 'c', auction: 1 }])).toBe('layout');
  });

  it('carries instances of declared classes in records whose fields have another order', () => {
    class Point {
      x = 1;
    }
    const type = t.struct({ p: t.class(Point, { x: t.number }), q: t.number });
    const codec = batchCodecFor(type);
    const bytes = encode(codec, [{ q: 2, p: new Point() }]);
    expect(formOf(bytes)).toBe('rows');
    expect(decode(batchCodecFor(type, { generate: false }), bytes).values[0]).toEqual({ p: new Point(), q: 2 });
    expect(() => encode(codec, [{ q: 2, p: new Point(), r: 1 }])).toThrow('$[0].r');
  });

  it('infers nested, optional and mixed fields, and gives up on records without a common shape', () => {
    const mixed = Array.from({ length: 30 }, (_, i) => ({ id: i, v: i > 20 ? 'late change' : i, deep: { a: { b: i % 2 === 0 }, n: i % 3 === 0 ? null : 1n }, ...(i % 5 === 0 ? {} : { tag: 't' }) }));
    expect(expectUnchanged(t.dynamic, mixed)).toBe('layout');
    expect(expectUnchanged(t.dynamic, [{ a: 1, b: 2 }, { b: 2, a: 1 }])).toBe('tagged');
    expect(expectUnchanged(t.dynamic, ['a', 'b'])).toBe('layout');
    expect(expectUnchanged(t.dynamic, [1, 'b'])).toBe('tagged');
    expect(expectUnchanged(t.dynamic, [])).toBe('tagged');
    const codec = batchCodecFor(t.dynamic);
    for (let i = 0; i < 200; i++) {
      const values = i % 2 === 0 ? [1, 'a'] : [{ ['f' + i]: i }];
      expect(difference(values, decode(batchCodecFor(t.dynamic), encode(codec, values)).values)).toBeUndefined();
    }
  });

  it.each(refusedValues())('refuses %s with a code and the place of the record', (_, value) => {
    for (const type of [t.dynamic, Bid]) {
      const writer = new ByteWriter();
      writer.u8(1);
      let error: unknown;
      try {
        batchCodecFor(type).encodeBatch([1, { f: value }], 0, 2, new Float64Array(2), writer);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(MillraceError);
      if (type === t.dynamic) expect([ValueNotSupported, ValueIsCyclic, ValueTooDeep].some((kind) => kind.is(error))).toBe(true);
      expect((error as MillraceError).where.path).toMatch(/^\$\[1\]/);
      expect(writer.length).toBe(1);
    }
  });

  it('gives a coded error for damaged batches, and leaves no half-read record behind', () => {
    const values = Array.from({ length: 20 }, (_, i) => bid(i));
    for (const type of [Bid, t.dynamic] as TypeInfo[]) {
      const whole = encode(batchCodecFor(type), values);
      fc.assert(
        fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
          const bytes = cut ? whole.slice(0, at) : whole.slice();
          if (!cut) bytes[at]! ^= flip;
          const batch = new RecordBatch(64);
          try {
            const codec = batchCodecFor(type);
            const reader = new ByteReader(bytes);
            if (codec.peekLength(reader) <= 64) codec.decodeBatch(reader, batch);
          } catch (error) {
            expect(error).toBeInstanceOf(MillraceError);
            expect(batch.length).toBe(0);
            expect(batch.values.every((value) => value === undefined)).toBe(true);
          }
        }),
        { numRuns: 1000 },
      );
    }
    const numbers = batchCodecFor(t.struct({ a: t.number, b: t.number }));
    const cut = encode(numbers, [{ a: 1, b: 2 }]).slice(0, -1);
    const opened = new RecordBatch(4);
    expect(() => numbers.openBatch(new ByteReader(cut), opened)).toThrow(MillraceError);
    opened.append('next', 1);
    expect(opened.take(0)).toBe('next');
    const codec = batchCodecFor(t.dynamic);
    const kindOf = (...bytes: number[]): unknown => {
      try {
        decode(codec, new Uint8Array(bytes));
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(EncodingMalformed.is(kindOf(0xff, 0xff, 0xff, 0x7f))).toBe(true);
    expect(EncodingMalformed.is(kindOf(1, 9))).toBe(true);
    expect(EncodingMalformed.is(kindOf(1, 0, 9))).toBe(true);
    expect(EncodingMalformed.is(kindOf(1, 0, 0))).toBe(true);
    expect(EncodingMalformed.is(kindOf(1, 0, 1, 2, 0x7b))).toBe(true);
    expect(TypeInvalid.is(kindOf(1, 0, 1, 8, 0x22, 0x78, 0x79, 0x22))).toBe(true);
  });
});

it('keeps fields of any names, which stand in generated text', PATIENT, () => {
  const names = ['__proto__', 'constructor', 'toString', '0', '10', "a'b", '"', '\\', '"];throw 1//', '\u2028', '\ud800', '${x}', '`', '*/', '\n', '', 'v', 'x', 'p', 'k', 'names', 'hasOwn', 'get', 'class', 'prototype'];
  const some = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.boolean()), { minLength: 1, maxLength: 12, selector: ([name]) => name });
  const recordOf = <V>(fields: readonly (readonly [string, boolean])[], valueOf: (isText: boolean, at: number) => V): Record<string, V> => {
    // Not by assignment: that of `__proto__` makes no field.
    return Object.fromEntries(fields.map(([name, isText], at) => [name, valueOf(isText, at)]));
  };
  fc.assert(fc.property(some, (fields) => {
    const values = Array.from({ length: 5 }, (_, i) => recordOf(fields, (isText, at) => (isText ? `s${i}` : i + at / 8)));
    expectUnchanged(t.dynamic, values);
    expectUnchanged(t.struct(recordOf(fields, (isText) => (isText ? t.string : t.number))), values);
  }), { numRuns: 300 });
});

describe('the hidden class of records that were read', () => {
  const own = (i: number): object => ({ auction: i, total: { bids: i, sum: i + 0.5 }, channel: `c${i}` });
  const values = Array.from({ length: 10 }, (_, i) => own(i));

  it.each<[string, TypeInfo]>([
    ['no declared type', t.dynamic],
    ['a declared type', t.struct({ auction: t.number, total: t.struct({ bids: t.number, sum: t.number }), channel: t.string })],
  ])('is that of the records which the program makes: %s', (_, type) => {
    const [sender, receiver] = [batchCodecFor(type), batchCodecFor(type)];
    // A layout has a function of its own from the second batch on.
    decode(receiver, new Uint8Array(encode(sender, values)));
    const read = decode(receiver, new Uint8Array(encode(sender, values))).values as { total: object }[];
    expect(haveSameHiddenClass(read[0], own(100))).toBe(true);
    expect(haveSameHiddenClass(read[0]!.total, (own(100) as { total: object }).total)).toBe(true);
  });
});

it.each([['declared', t.struct({ id: t.number, text: t.string })], ['dynamic', t.dynamic]])('says by a code that texts take more than fits, also where V8 could not join them (%s)', (_, type) => {
  const text = 'x'.repeat(1 << 24);
  const records = Array.from({ length: 40 }, (_, id) => ({ id, text }));
  expect(() => batchCodecFor(type).encodeBatch(records, 0, records.length, new Float64Array(40), new ByteWriter(16, 1 << 20))).toThrow(MillraceError);
});

import { ByteWriter, type Format, MillraceError } from '@millrace/core/spi';
import { describe, expect, it } from 'vitest';
import { avro } from './avro.js';
import { avroReader } from './avro-reader.js';
import { parseAvroSchema } from './avro-schema.js';
import { avroWriter } from './avro-writer.js';
import { ByteTap } from './byte-tap.js';
import { AvroIncompatible, AvroMalformed, AvroNotEncodable, AvroSchemaInvalid } from './errors.js';
import { writeLong } from './write-leaf.js';

const record = (fields: readonly object[], more: object = {}): object => ({ type: 'record', name: 'Order', fields, ...more });

function written(schema: unknown, value: unknown, generate: boolean = true): Uint8Array {
  const out = new ByteWriter();
  avroWriter(parseAvroSchema(schema), 'bigint', generate)(out, value);
  return out.toBytes();
}

function read(writer: unknown, reader: unknown, bytes: Uint8Array, generate: boolean = true): unknown {
  const tap = new ByteTap(64);
  tap.open(bytes, 0, bytes.length);
  const value = avroReader(parseAvroSchema(writer), parseAvroSchema(reader), 'number', generate)(tap);
  expect(tap.remaining).toBe(0);
  return value;
}

const code = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error);
  }
  return undefined;
};

for (const generate of [true, false]) describe(`Avro resolution ${generate ? 'by generated code' : 'by plain functions'}`, () => {
  const resolve = (writer: unknown, reader: unknown, value: unknown): unknown => read(writer, reader, written(writer, value, generate), generate);

  it('takes the field of the same name before one of an alias, wherever they stand', () => {
    const reader = record([{ name: 'total', aliases: ['amount', 'sum'], type: 'double' }]);
    const field = (name: string): object => ({ name, type: 'double' });
    expect(resolve(record([field('total'), field('amount')]), reader, { total: 1, amount: 2 })).toEqual({ total: 1 });
    expect(resolve(record([field('amount'), field('total')]), reader, { total: 1, amount: 2 })).toEqual({ total: 1 });
    expect(resolve(record([field('sum'), field('amount')]), reader, { sum: 1, amount: 2 })).toEqual({ total: 2 });
    // A name that another field has is no alias of this one.
    expect(resolve(record([field('amount')]), record([{ name: 'total', aliases: ['amount'], type: 'double', default: 0 }, field('amount')]), { amount: 2 })).toEqual({ total: 0, amount: 2 });
  });

  it('refuses to read numbers and texts as something that they do not mean', () => {
    const logical = (type: string, logicalType: string): object => ({ type, logicalType });
    const decimal = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 };
    const pairs: readonly (readonly [unknown, unknown])[] = [
      [logical('long', 'timestamp-millis'), logical('long', 'timestamp-micros')], [logical('long', 'timestamp-micros'), logical('long', 'timestamp-millis')],
      [logical('int', 'time-millis'), logical('long', 'time-micros')], [logical('int', 'date'), logical('long', 'timestamp-millis')],
      [decimal, 'string'], ['string', decimal],
    ];
    for (const [writer, reader] of pairs) expect(code(() => avroReader(parseAvroSchema(writer), parseAvroSchema(reader), 'number', generate))).toBe(AvroIncompatible.code);
    // What says nothing of its unit is taken at its word, and the zone is none of it.
    expect(resolve('long', logical('long', 'timestamp-millis'), 5)).toBe(5);
    expect(resolve(logical('long', 'timestamp-millis'), 'long', 5)).toBe(5);
    expect(resolve(logical('long', 'timestamp-millis'), logical('long', 'local-timestamp-millis'), 5)).toBe(5);
    expect(resolve(decimal, 'bytes', '0.01')).toEqual(Uint8Array.of(1));
  });

  it('passes over fields that are not read, whatever they hold', () => {
    const tree = { type: 'record', name: 'Tree', fields: [{ name: 'children', type: { type: 'array', items: 'Tree' } }] };
    const gone = [
      { name: 'l', type: 'long' }, { name: 'u', type: ['null', 'long'] }, { name: 'w', type: { type: 'long', logicalType: 'timestamp-millis' } }, { name: 'm', type: { type: 'map', values: ['string', 'double'] } }, { name: 'x', type: { type: 'fixed', name: 'Two', size: 2 } },
      { name: 'e', type: { type: 'enum', name: 'Suit', symbols: ['A', 'B'] } }, { name: 't', type: tree }, { name: 'b', type: 'boolean' }, { name: 'f', type: 'float' }, { name: 'y', type: 'bytes' }, { name: 'n', type: 'null' }, { name: 'i', type: 'int' },
    ];
    const values = { l: 2n ** 62n, u: 2n ** 60n, w: 2n ** 60n, m: new Map<string, unknown>([['a', 'x'], ['b', 0.5]]), x: Uint8Array.of(1, 2), e: 'B', t: { children: [{ children: [] }] }, b: true, f: 1, y: Uint8Array.of(1), n: null, i: -1 };
    const writer = record([...gone, { name: 'id', type: 'string' }]);
    const reader = record([{ name: 'id', type: 'string' }]);
    expect(resolve(writer, reader, { ...values, id: 'a' })).toEqual({ id: 'a' });
    const bytes = written(writer, { ...values, id: 'a' }, generate);
    for (let end = 0; end < bytes.length; end++) expect(code(() => read(writer, reader, bytes.subarray(0, end), generate))).toBe(AvroMalformed.code);
  });

  it('passes over blocks of a list by their length', () => {
    const writer = record([{ name: 'gone', type: { type: 'array', items: 'long' } }, { name: 'id', type: 'string' }]);
    // Two longs in two bytes, then a block that has no length, then the end.
    expect(read(writer, record([{ name: 'id', type: 'string' }]), Uint8Array.of(3, 4, 2, 4, 2, 6, 0, 2, 97), generate)).toEqual({ id: 'a' });
    expect(code(() => read(writer, record([{ name: 'id', type: 'string' }]), Uint8Array.of(3, 1, 2, 4, 0, 2, 97), generate))).toBe(AvroMalformed.code);
    expect(code(() => read(writer, record([{ name: 'id', type: 'string' }]), Uint8Array.of(3, 100, 2, 4, 0, 2, 97), generate))).toBe(AvroMalformed.code);
  });

  it('reads long lists in many blocks, and refuses lists of nothing that would fill the memory', () => {
    const out = new ByteWriter();
    for (let block = 0; block < 15; block++) {
      writeLong(out, 100_000);
      for (let at = 0; at < 100_000; at++) writeLong(out, 1);
    }
    out.u8(0);
    expect(read({ type: 'array', items: 'int' }, { type: 'array', items: 'int' }, out.toBytes(), generate)).toHaveLength(1_500_000);
    const lists = { type: 'array', items: { type: 'array', items: 'null' } };
    const many = new ByteWriter();
    writeLong(many, 3);
    for (let at = 0; at < 3; at++) {
      writeLong(many, 600_000);
      many.u8(0);
    }
    many.u8(0);
    expect(code(() => read(lists, lists, many.toBytes(), generate))).toBe(AvroMalformed.code);
    expect(code(() => read(record([{ name: 'gone', type: lists }]), record([]), many.toBytes(), generate))).toBeUndefined();
  });

  it('does not take a record for read whose fields do not go together', () => {
    // B is made while A is under way, and A fails: a B with an A in it must fail where that comes.
    const a = (more: readonly object[]): object => ({ type: 'record', name: 'A', fields: [{ name: 'b', type: ['null', { type: 'record', name: 'B', fields: [{ name: 'a', type: ['null', 'A'] }] }] }, ...more] });
    const writer = [a([]), 'B'];
    const reader = [a([{ name: 'needed', type: 'string' }]), 'B'];
    const bytes = written(writer, { B: { a: { b: null } } }, generate);
    expect(code(() => read(writer, reader, bytes, generate))).toBe(AvroIncompatible.code);
    expect(resolve(writer, reader, { B: { a: null } })).toEqual({ B: { a: null } });
  });

  it('makes readers of nested unions in no time', () => {
    let nested: unknown = 'string';
    for (let level = 0; level < 40; level++) nested = ['null', { type: 'array', items: nested }];
    expect(resolve(nested, nested, [null])).toEqual([null]);
  });

  it('writes what a class computes, and no default in its place', () => {
    class Order {
      readonly cents: number = 250;

      get total(): number {
        return this.cents / 100;
      }
    }
    const schema = record([{ name: 'total', type: 'double', default: 0 }, { name: 'toString', type: 'string', default: 'none' }]);
    expect(resolve(schema, schema, new Order())).toEqual({ total: 2.5, toString: 'none' });
  });

  it('says by a code that a value does not fit, whatever it is', () => {
    for (const type of ['int', 'long', 'double', 'float', 'string', 'boolean', 'null', 'bytes', ['null', 'int'], ['null', 'long'], { type: 'int', logicalType: 'date' }]) {
      const schema = record([{ name: 'a', type }]);
      for (const value of [Symbol('a'), () => 1, { valueOf: () => 1n }, Object.create(null) as object]) expect(code(() => written(schema, { a: value }, generate))).toBe(AvroNotEncodable.code);
    }
    for (const type of ['int', 'double', ['null', 'int'], { type: 'array', items: 'int' }]) expect(code(() => written(record([{ name: 'a', type }]), { a: typeof type === 'object' && 'items' in type ? [5n] : 5n }, generate))).toBe(AvroNotEncodable.code);
    for (const value of [1e39, -1e300]) expect(code(() => written('float', value, generate))).toBe(AvroNotEncodable.code);
    for (const value of [Infinity, -Infinity, Number.NaN, 3.4028234663852886e38, -0]) expect(read('float', 'float', written('float', value, generate), generate)).toBe(value);
  });
});

describe('Avro values', () => {
  it('refuses a value without end or with more levels than are read, and goes on after it', () => {
    const format = avro<{ id: string; next: unknown }>({ schema: { type: 'record', name: 'Link', fields: [{ name: 'id', type: 'string' }, { name: 'next', type: ['null', 'Link'] }] } });
    const endless: { id: string; next: unknown } = { id: 'a', next: null };
    endless.next = endless;
    const encoder = format.createEncoder();
    const out = new ByteWriter();
    for (let time = 0; time < 2; time++) expect(code(() => encoder.encode(endless, out))).toBe(AvroNotEncodable.code);
    expect(out.length).toBe(0);
    let deep: { id: string; next: unknown } = { id: 'a', next: null };
    for (let level = 1; level < 64; level++) deep = { id: 'a', next: deep };
    encoder.encode(deep, out);
    expect(first(format, out.toBytes()).value).toEqual(deep);
  });

  it('gives a type with an end to records that share others again and again', () => {
    let shared: unknown = { type: 'record', name: 'R0', fields: [{ name: 'a', type: 'string' }] };
    for (let level = 1; level < 40; level++) shared = { type: 'record', name: `R${level}`, fields: [{ name: 'a', type: shared }, { name: 'b', type: `R${level - 1}` }] };
    expect(avro({ schema: shared as object }).type.kind).toBe('struct');
  });

  const first = <T>(format: Format<T>, bytes: Uint8Array): { value: T; timestamp: number } => {
    let found: { value: T; timestamp: number } | undefined;
    format.createDecoder({ source: 'test', maxDepth: 64 }).decode(bytes, 0, bytes.length, { record: (value, timestamp) => (found = { value, timestamp }) });
    return found!;
  };

  it('takes the event time from a field that may be null in its unit', () => {
    for (const [logicalType, value] of [['timestamp-micros', 1_700_000_000_123_456n], ['timestamp-nanos', 1_700_000_000_123_456_789n], ['timestamp-millis', 1_700_000_000_123]] as const) {
      const schema = record([{ name: 'at', type: ['null', { type: 'long', logicalType }] }]);
      expect(first(avro({ schema, timestampField: 'at' }), written(schema, { at: value })).timestamp).toBe(1_700_000_000_123);
    }
    const before = record([{ name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } }]);
    expect(first(avro({ schema: before, timestampField: 'at' }), written(before, { at: -1500n })).timestamp).toBe(-2);
  });

  it('reads a long decimal in a time that grows with its length, and refuses days that no date has', () => {
    const decimal = { type: 'bytes', logicalType: 'decimal', precision: 10_000_000, scale: 2 };
    const bytes = new Uint8Array(200_000).fill(0xff);
    bytes[0] = 0x80;
    const started = process.cpuUsage().user;
    expect((read(decimal, decimal, Buffer.concat([Uint8Array.of(0x80, 0xb5, 0x18), bytes])) as string).startsWith('-')).toBe(true);
    expect(process.cpuUsage(undefined).user - started).toBeLessThan(3_000_000);
    for (const [raw, text] of [[[], '0.00'], [[0xff], '-0.01'], [[0x80, 0], '-327.68'], [[0, 0, 0x7f], '1.27'], [[0xff, 0xff, 0x80], '-1.28']] as const) expect(read(decimal, decimal, Uint8Array.of(raw.length * 2, ...raw))).toBe(text);
    const date = { type: 'int', logicalType: 'date' };
    expect(code(() => read(date, date, written('int', 100_000_001)))).toBe(AvroMalformed.code);
    expect(read(date, date, written('int', -100_000_000))).toEqual(new Date(-8.64e15));
  });

  it('refuses defaults that are no value of their type (MR-4222), and takes the name of a type for one', () => {
    for (const [type, value] of [['int', 1.5], ['long', 1.5], ['int', 2 ** 31], [{ type: 'long', logicalType: 'bigint' }, 0.5], ['long', 2 ** 60], [{ type: 'fixed', name: 'Two', size: 2 }, 'a'], ['float', 1e39]] as const) {
      const reader = record([{ name: 'a', type, default: value }]);
      expect(code(() => avroReader(parseAvroSchema(record([])), parseAvroSchema(reader), 'number', true))).toBe(AvroIncompatible.code);
    }
    expect(code(() => avro({ schema: 'Nothing' }))).toBe(AvroSchemaInvalid.code);
    expect(first(avro({ schema: 'string' }), Uint8Array.of(2, 97)).value).toBe('a');
  });
});

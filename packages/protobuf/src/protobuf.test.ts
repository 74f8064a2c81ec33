import { t } from '@millrace/core';
import { ByteWriter, type Decoder, type Format, fromHex, MillraceError, toHex } from '@millrace/core/spi';
import { formatKit } from '@millrace/core/testing';
import fc from 'fast-check';
import protobufjs from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { ProtobufLongUnsafe, ProtobufMalformed, ProtobufNotEncodable, ProtobufSchemaInvalid } from './errors.js';
import { protobuf, type ProtobufOptions } from './protobuf.js';

const EVERYTHING = `
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
message Everything {
  int32 i32 = 1; uint32 u32 = 2; sint32 s32 = 3; fixed32 f32 = 4; sfixed32 sf32 = 5;
  int64 i64 = 6; uint64 u64 = 7; sint64 s64 = 8; fixed64 f64 = 9; sfixed64 sf64 = 10;
  bool yes = 11; float small = 12; double large = 13; string text = 14; bytes raw = 15;
  Suit suit = 16;
  repeated int32 numbers = 17; repeated string texts = 18; repeated Item items = 19; repeated sint64 loose = 20 [packed = false];
  map<string, double> by_name = 21; map<int64, Item> by_id = 22;
  Item item = 23;
  oneof choice { string word = 24; int32 number = 25; Item thing = 26; }
  optional int32 maybe = 27;
  Everything again = 28;
  google.protobuf.Timestamp at = 29; google.protobuf.Duration took = 30; google.protobuf.StringValue note = 31;
  message Item { string id = 1; uint32 count = 2; }
  enum Suit { SPADES = 0; HEARTS = 1; }
}`;
interface Item { id: string; count: number }
interface Everything {
  i32: number; u32: number; s32: number; f32: number; sf32: number; i64: bigint; u64: bigint; s64: bigint; f64: bigint; sf64: bigint;
  yes: boolean; small: number; large: number; text: string; raw: Uint8Array; suit: string;
  numbers: number[]; texts: string[]; items: Item[]; loose: bigint[]; byName: Map<string, number>; byId: Map<bigint, Item>;
  item?: Item; word?: string; number?: number; thing?: Item; maybe?: number; again?: Everything; at?: number; took?: number; note?: string;
}
const zero: Everything = {
  i32: 0, u32: 0, s32: 0, f32: 0, sf32: 0, i64: 0n, u64: 0n, s64: 0n, f64: 0n, sf64: 0n, yes: false, small: 0, large: 0, text: '', raw: new Uint8Array(0), suit: 'SPADES',
  numbers: [], texts: [], items: [], loose: [], byName: new Map(), byId: new Map(),
};
const one: Everything = {
  i32: -5, u32: 2 ** 32 - 1, s32: -(2 ** 31), f32: 7, sf32: -7, i64: -(2n ** 63n), u64: 2n ** 64n - 1n, s64: -(2n ** 53n) - 1n, f64: 2n ** 63n, sf64: -1n, yes: true, small: 0.5, large: -0, text: 'ü €',
  raw: Uint8Array.of(0, 255), suit: 'HEARTS', numbers: [1, -1, 300], texts: ['', 'a'], items: [{ id: 'x', count: 1 }, { id: '', count: 0 }], loose: [1n, -1n],
  byName: new Map([['__proto__', 1], ['b', -0]]), byId: new Map([[-1n, { id: 'y', count: 2 }]]), item: { id: '', count: 0 }, thing: { id: 't', count: 3 }, maybe: 0, at: 1_700_000_000_123, took: -1500, note: '',
};

const same = (left: unknown, right: unknown): boolean => {
  expect(left).toStrictEqual(right);
  return true;
};
const proto3 = (text: string): string => `syntax = "proto3"; ${text}`;
const of = <T>(text: string, more: Partial<ProtobufOptions> = {}): Format<T> => protobuf<T>({ schema: text, ...more });
const decoderOf = <T>(format: Format<T>, maxDepth = 128): Decoder<T> => format.createDecoder({ source: 'test', maxDepth });

function encode<T>(format: Format<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  format.createEncoder().encode(value, writer);
  return writer.toBytes();
}

function decode<T>(format: Format<T>, bytes: Uint8Array, maxDepth = 128): { value: T; timestamp: number } {
  let found: { value: T; timestamp: number } | undefined;
  decoderOf(format, maxDepth).decode(bytes, 0, bytes.length, { record: (value, timestamp) => (found = { value, timestamp }) });
  return found!;
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof MillraceError) return `${error.code} ${error.what}`;
    throw error;
  }
  return 'nothing was thrown';
}

describe('protobuf', () => {
  const everything = of<Everything>(EVERYTHING, { longs: 'bigint' });
  for (const { name, run } of formatKit<Everything>({
    format: everything,
    values: [one, { ...zero, maybe: 0 }, { ...one, again: one, items: [] }],
    malformed: [Uint8Array.of(0), Uint8Array.of(8), Uint8Array.of(0x72, 5, 97), Uint8Array.of(0x0d, 0, 0, 0, 0), Uint8Array.of(0x0f), encode(everything, one).subarray(0, 40), Uint8Array.of(0x72, 1, 0xff)],
    equal: same,
  })) it(`kit: ${name}`, run);

  it('reads back what it wrote, and nothing where nothing is set', () => {
    for (const value of [one, zero, { ...one, again: one }]) expect(decode(everything, encode(everything, value)).value).toStrictEqual(value);
    expect(encode(everything, zero)).toHaveLength(0);
    expect(encode(everything, {} as Everything)).toHaveLength(0);
  });

  it('writes and reads the bytes of the documentation', () => {
    const guide = of<unknown>(`syntax = "proto2"; message Test { optional int32 a = 1; optional string b = 2; optional Test c = 3; optional string d = 4; repeated int32 e = 5; repeated int32 f = 6 [packed = true]; optional sint32 z = 7; }`);
    const golden: readonly (readonly [object, string])[] = [
      [{ a: 150, e: [], f: [] }, '089601'],
      [{ b: 'testing', e: [], f: [] }, '120774657374696e67'],
      [{ c: { a: 150, e: [], f: [] }, e: [], f: [] }, '1a03089601'],
      [{ d: 'hello', e: [1, 2, 3], f: [] }, '220568656c6c6f280128022803'],
      [{ e: [], f: [3, 270, 86942] }, '3206038e029ea705'],
      [{ a: -2, e: [], f: [] }, '08feffffffffffffffff01'],
      [{ e: [], f: [], z: -500 }, '38e707'],
    ];
    for (const [value, hex] of golden) {
      expect(toHex(encode(guide, value))).toBe(hex);
      expect(decode(guide, fromHex(hex)).value).toEqual(value);
    }
    // Lists in parts, packed or not, and a message in two parts.
    expect(decode(guide, fromHex('28053201032a0206073008')).value).toEqual({ e: [5, 6, 7], f: [3, 8] });
    expect(decode(guide, fromHex('1a030896011a0412027468')).value).toEqual({ c: { a: 150, b: 'th', e: [], f: [] }, e: [], f: [] });
  });

  it('writes and reads what protobufjs does', () => {
    const root = protobufjs.parse(EVERYTHING.replaceAll(/import.*;/g, '').replaceAll(/google.protobuf.\w+ \w+ = \d+;/g, '')).root;
    const reference = root.lookupType('shop.Everything');
    const bigint = (bits: number, unsigned: boolean): fc.Arbitrary<bigint> => fc.bigInt({ min: unsigned ? 0n : -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(unsigned ? bits : bits - 1) - 1n });
    const int = fc.integer();
    const uint = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const item = fc.record({ id: fc.string(), count: uint }, { noNullPrototype: true });
    const values = fc.record<Everything>({
      i32: int, u32: uint, s32: int, f32: uint, sf32: int, i64: bigint(64, false), u64: bigint(64, true), s64: bigint(64, false), f64: bigint(64, true), sf64: bigint(64, false),
      yes: fc.boolean(), small: fc.float({ noNaN: true }), large: fc.double({ noNaN: true }), text: fc.string({ unit: 'binary' }), raw: fc.uint8Array({ maxLength: 200 }), suit: fc.constantFrom('SPADES', 'HEARTS'),
      numbers: fc.array(int), texts: fc.array(fc.string({ maxLength: 200 })), items: fc.array(item), loose: fc.array(bigint(64, false)),
      byName: fc.array(fc.tuple(fc.stringMatching(/^[a-z]+$/), fc.double({ noNaN: true }))).map((entries) => new Map(entries)), byId: fc.array(fc.tuple(bigint(64, false), item)).map((entries) => new Map(entries)),
    }, { noNullPrototype: true });
    const extras = fc.record({ item, maybe: int, word: fc.string() }, { requiredKeys: [], noNullPrototype: true });
    const forReference = (value: Everything): Record<string, unknown> => {
      const { byName, byId, again, ...others } = value;
      const made: Record<string, unknown> = { ...others, byName: Object.fromEntries(byName), ...(again === undefined ? {} : { again: forReference(again) }) };
      for (const name of ['i64', 'u64', 's64', 'f64', 'sf64'] as const) made[name] = String(value[name]);
      made['loose'] = value.loose.map(String);
      made['byId'] = {};
      const whole = reference.fromObject(made);
      const ids = whole as unknown as { byId: Record<string, unknown> };
      for (const [id, entry] of byId) ids.byId[new protobufjs.util.LongBits(Number(id & 0xffff_ffffn), Number((id >> 32n) & 0xffff_ffffn)).toHash()] = reference.lookupType('Item').fromObject(entry);
      for (const name of Object.keys(zero)) if (Object.is(value[name as keyof Everything], zero[name as keyof Everything]) || (name === 'raw' && value.raw.length === 0)) delete (whole as unknown as Record<string, unknown>)[name];
      return whole as unknown as Record<string, unknown>;
    };
    const mapsInOrder = (left: bigint, right: bigint): number => (left < right ? -1 : 1);
    fc.assert(fc.property(values, extras, (base, extra) => {
      const value = { ...base, ...extra } as Everything;
      // Maps of protobufjs are objects, whose order of keys is their own.
      const bytes = encode(everything, { ...value, again: value });
      const back = reference.toObject(reference.decode(bytes), { longs: String, enums: String, defaults: false }) as Record<string, unknown>;
      expect(back['again']).toMatchObject({ ...(value.i64 === 0n ? {} : { i64: String(value.i64) }), ...(value.text === '' ? {} : { text: value.text }) });
      const written = reference.encode(forReference({ ...value, again: value }) as never).finish();
      expect(decode(everything, written).value).toStrictEqual({ ...value, again: value });
      if (value.byId.size < 2 && value.byName.size < 2) expect(toHex(bytes)).toBe(toHex(written));
      expect(decode(everything, bytes).value).toStrictEqual({ ...value, again: value });
      expect([...value.byId.keys()].sort(mapsInOrder)).toEqual([...decode(everything, written).value.byId.keys()].sort(mapsInOrder));
    }), { numRuns: 60 });
  });

  it('gives types for the records of a message', () => {
    const type = of(proto3(`import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
      message A { string s = 1; int64 l = 2; bytes y = 3; repeated double d = 4; map<int32, A> m = 5; optional bool o = 6; oneof x { string p = 7; E e = 8; } google.protobuf.Timestamp at = 9;
        google.protobuf.Duration took = 10; google.protobuf.Int64Value w = 11; B b = 12; int64 big = 13 [jstype = JS_STRING]; message B { float f = 1; } enum E { NONE = 0; } }`), { message: 'A' }).type;
    expect(type).toEqual(t.struct({
      s: t.string, l: t.number, y: t.bytes, d: t.list(t.number), m: t.map(t.number, t.dynamic), o: t.optional(t.boolean), p: t.optional(t.string), e: t.optional(t.string), at: t.optional(t.timestamp),
      took: t.optional(t.number), w: t.optional(t.number), b: t.optional(t.struct({ f: t.number })), big: t.bigint,
    }));
  });

  it('keeps numbers of 64 bits exact, or refuses them', () => {
    const schema = proto3('message A { int64 a = 1; uint64 b = 2; sint64 c = 3; int64 d = 4 [jstype = JS_STRING]; int64 e = 5 [jstype = JS_NUMBER]; }');
    const exact = of<Record<string, bigint | number>>(schema, { longs: 'bigint' });
    const numbers = of<Record<string, bigint | number>>(schema);
    for (const value of [0n, 1n, -1n, 2n ** 32n, -(2n ** 32n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      expect(decode(exact, encode(exact, { a: value, c: value, d: value })).value).toEqual({ a: value, b: 0n, c: value, d: value, e: 0 });
      expect(decode(numbers, encode(exact, { d: value })).value['d']).toBe(value);
    }
    for (const value of [-1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) expect(decode(numbers, encode(numbers, { a: value, c: value, e: value })).value).toEqual({ a: value, b: 0, c: value, d: 0n, e: value });
    expect(codeOf(() => decode(numbers, encode(exact, { a: 2n ** 53n })))).toBe(`${ProtobufLongUnsafe.code} at $.a: 9007199254740992 is beyond 2^53`);
    expect(codeOf(() => decode(numbers, encode(exact, { b: 2n ** 64n - 1n })))).toContain('18446744073709551615');
    for (const wrong of [{ a: 2n ** 63n }, { b: -1n }, { b: -1 }, { a: 1.5 }, { a: 2 ** 53 }, { a: '1' }]) expect(codeOf(() => encode(exact, wrong as never))).toContain(ProtobufNotEncodable.code);
  });

  it('knows timestamps, durations and wrappers', () => {
    const schema = proto3('import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto"; message A { google.protobuf.Timestamp at = 1; google.protobuf.Duration took = 2; google.protobuf.BoolValue yes = 3; }');
    const millis = of<Record<string, unknown>>(schema, { timestampField: 'at' });
    const nanos = of<Record<string, unknown>>(schema, { times: 'nanos', timestampField: 'at' });
    for (const at of [0, 1, -1, 1_700_000_000_123, -62_135_596_800_000]) expect(decode(millis, encode(millis, { at, took: at, yes: false }))).toEqual({ value: { at, took: at, yes: false }, timestamp: at });
    for (const at of [0n, -1n, 1_700_000_000_123_456_789n]) expect(decode(nanos, encode(nanos, { at, took: at })).value).toEqual({ at, took: at });
    expect(decode(millis, encode(nanos, { at: -1n, took: -1n }))).toEqual({ value: { at: -1, took: 0 }, timestamp: -1 });
    expect(decode(nanos, encode(nanos, { at: 1_999_999n })).timestamp).toBe(1);
    expect(toHex(encode(nanos, { took: -1_000_000_001n }))).toBe('121608ffffffffffffffffff0110ffffffffffffffffff01');
    expect(codeOf(() => decode(millis, fromHex('0a0610ffffffff0f')))).toContain(`${ProtobufMalformed.code} at $.at: it is no timestamp`);
    for (const wrong of [{ at: Number.NaN }, { at: '2020' }, { at: 1e18 }, { took: 1n }]) expect(codeOf(() => encode(millis, wrong))).toContain(ProtobufNotEncodable.code);
    expect(codeOf(() => of(proto3('message A { string at = 1; }'), { timestampField: 'at' }))).toContain(ProtobufSchemaInvalid.code);
    expect(decode(of<unknown>(proto3('message A { int64 at = 1; }'), { timestampField: 'at' }), fromHex('0805')).timestamp).toBe(5);
  });

  it('knows presence, defaults and required fields of proto2, and groups', () => {
    const schema = `syntax = "proto2"; message A { required string s = 1; optional int64 d = 2 [default = -5]; optional bytes b = 3 [default = "abcd"]; repeated group G = 4 { optional int32 x = 1; } optional E e = 5 [default = Y];
      optional float f = 6 [default = inf]; optional int32 o = 7; enum E { X = 1; Y = 2; } repeated E es = 8; optional bool yes = 9 [default = true]; optional string t = 10 [default = "hé"]; }`;
    const format = of<Record<string, unknown>>(schema);
    const defaults = { s: 'a', d: -5, b: new TextEncoder().encode('abcd'), g: [], e: 'Y', f: Infinity, es: [], yes: true, t: 'hé' };
    expect(decode(format, encode(format, { s: 'a' })).value).toEqual(defaults);
    const value = { ...defaults, d: 0, g: [{ x: 1 }, {}], e: 'X', o: 0, es: ['X', 'Y'] };
    const bytes = encode(format, value);
    expect(decode(format, bytes).value).toEqual(value);
    const reference = protobufjs.parse(schema).root.lookupType('A');
    expect(reference.toObject(reference.decode(bytes), { enums: String })['g']).toEqual([{ x: 1 }, {}]);
    expect(codeOf(() => decode(format, new Uint8Array(0)))).toContain('$: the field s is required in A, and missing');
    expect(codeOf(() => encode(format, {}))).toContain('at $.s: it is required');
    // A closed enum does not know 7.
    expect(decode(format, fromHex('0a0161280740074001')).value).toEqual({ ...defaults, es: ['X'] });
    expect(codeOf(() => decode(format, fromHex('0a0161230801')))).toContain('a group does not end');
  });

  it('gives the digits of an enum number without a name, and takes them back', () => {
    const format = of<{ e: string; all: string[] }>(proto3('message A { E e = 1; repeated E all = 2; enum E { option allow_alias = true; ZERO = 0; NONE = 0; ONE = 1; } }'));
    expect(decode(format, encode(format, { e: '7', all: ['ONE', '-3', 'NONE'] })).value).toEqual({ e: '7', all: ['ONE', '-3', 'ZERO'] });
    expect(codeOf(() => encode(format, { e: 'TWO', all: [] }))).toContain('at $.e: "TWO" is no A.E');
  });

  it('passes over what it does not know, of any encoding', () => {
    const wide = of<unknown>('syntax = "proto2"; message A { optional int64 a = 1; optional double b = 2; optional string c = 3; optional group D = 4 { optional group E = 1 { optional fixed32 f = 1; } } optional fixed32 g = 5; optional string kept = 5000; }');
    const bytes = encode(wide, { a: -1, b: 1, c: 'x', d: { e: { f: 1 } }, g: 2, kept: 'k' });
    expect(decode(of<unknown>('syntax = "proto2"; message A { optional string kept = 5000; }'), bytes).value).toEqual({ kept: 'k' });
  });

  it('holds one field of a oneof', () => {
    const format = of<unknown>(proto3('message A { oneof x { string s = 1; int32 n = 2; A a = 3; } }'));
    for (const value of [{}, { s: '' }, { n: 0 }, { a: { s: 'b' } }]) expect(decode(format, encode(format, value)).value).toStrictEqual(value);
    expect(decode(format, fromHex('0a01611005')).value).toStrictEqual({ n: 5 });
    expect(codeOf(() => encode(format, { s: '', n: 1 }))).toContain('only one of s and n may be set');
  });

  it('names fields in camelCase, as written, and never those of the prototype', () => {
    const schema = proto3('message A { string order_id = 1; string constructor = 2; string toString = 3; string own = 4 [json_name = "theirs"]; string q = 5 [json_name = "__proto__"]; }');
    expect(decode(of<unknown>(schema), encode(of<unknown>(schema), { orderId: 'a', theirs: 'b' })).value).toEqual({ orderId: 'a', constructor: '', toString: '', theirs: 'b', ['__proto__']: '' });
    expect(decode(of<unknown>(schema, { fieldNames: 'asWritten' }), fromHex('0a0161')).value).toMatchObject({ order_id: 'a', own: '' });
    expect(codeOf(() => of(proto3('message A { string a_b = 1; string aB = 2; }')))).toContain('both be called aB');
  });

  it('names the place of what cannot be read or written', () => {
    const schema = proto3('message Order { repeated Item items = 1; map<string, Item> more = 2; message Item { int32 n = 1; string s = 2; } }');
    const format = of<unknown>(schema);
    expect(codeOf(() => decode(format, fromHex('0a0208010a020d01')))).toBe(`${ProtobufMalformed.code} at $.items[1].n: the field 1 is int32, and the bytes have 4 bytes`);
    expect(codeOf(() => decode(format, fromHex('0a030a0101')))).toContain('the bytes have a length and bytes');
    expect(codeOf(() => encode(format, { items: [{ n: 1 }, { n: 'x' }] }))).toBe(`${ProtobufNotEncodable.code} at $.items[1].n: "x" is no int32`);
    expect(codeOf(() => encode(format, { more: new Map([['k', { s: 1 }]]) }))).toContain('at $.more.k.s: 1 is no string');
    for (const wrong of [null, [], 5, { items: {} }, { more: {} }, { items: [null] }]) expect(codeOf(() => encode(format, wrong))).toContain(ProtobufNotEncodable.code);
  });

  it('refuses bytes that are no message, levels and parts without end', () => {
    const format = of<unknown>(proto3('message A { A a = 1; repeated B b = 2; int32 n = 3; string s = 4; uint32 u = 5; sint32 z = 6; message B {} }'), { message: 'A' });
    const refused: readonly (readonly [string, string])[] = [
      ['00', 'a field has the number 0'], ['1e', 'an unknown encoding'], ['fe01', 'encoded in no known way'], ['18', 'ends too early'], ['18ffffffffffffffffffff01', 'more than 64 bits'], ['18ffffffffffffffffff02', 'more than 64 bits'],
      ['18808080808001', '34359738368 does not fit 32 bits'], ['22ff', 'ends too early'], ['2205', '5 bytes were to follow, and 0 are left'], ['2201ff', 'no UTF-8'], ['0a0222016100', '1 bytes were to follow'], ['30ffffffffffffffffff01', 'does not fit 32 bits'],
    ];
    for (const [hex, message] of refused) expect(codeOf(() => decode(format, fromHex(hex))), hex).toContain(message);
    // What other writers leave out of the sign is taken as the guide says.
    expect(decode(format, fromHex('18ffffffff0f28ffffffffffffffffff01')).value).toMatchObject({ n: -1, u: 2 ** 32 - 1 });
    let deep: object = {};
    for (let level = 0; level < 127; level++) deep = { a: deep };
    expect(() => decode(format, encode(format, deep))).not.toThrow();
    expect(codeOf(() => decode(format, encode(format, deep), 50))).toContain('more than 50 levels');
    const endless: { a?: object } = {};
    endless.a = endless;
    expect(codeOf(() => encode(format, endless))).toContain('more than 128 levels');
    expect(codeOf(() => decode(format, new Uint8Array(2_000_004).map((_, at) => (at % 2 === 0 ? 0x12 : 0))))).toContain('more than 1000000 messages');
    expect(codeOf(() => decode(of<unknown>('syntax = "proto2"; message A {}'), new Uint8Array(400).fill(0x0b)))).toContain('more than 128 levels');
  });

  it('never fails otherwise than by its codes, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 300 }), fc.nat(255), (noise, at, byte) => {
      const damaged = encode(everything, one);
      damaged[at % damaged.length] = byte;
      for (const bytes of [noise, damaged]) expect(codeOf(() => decode(everything, bytes))).toMatch(/^(MR-42|nothing was thrown)/);
    }), { numRuns: 500 });
  });
});

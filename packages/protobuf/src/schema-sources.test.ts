import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ByteWriter, type Format, toHex } from '@millrace/core/spi';
import protobufjs from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import { afterAll, describe, expect, it } from 'vitest';
import { ProtobufSchemaInvalid } from './errors.js';
import { parseProtoFile } from './proto-files.js';
import { printSchema } from './print-schema.js';
import { getterOf, makerOf, setterOf } from './property-access.js';
import { protobuf } from './protobuf.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-protobuf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function bytesOf(format: Format<unknown>, value: unknown): string {
  const writer = new ByteWriter();
  format.createEncoder().encode(value, writer);
  return toHex(writer.toBytes());
}

const invalid = (options: object, why: string): void => {
  expect(() => protobuf(options)).toThrowError(expect.objectContaining({ code: ProtobufSchemaInvalid.code, what: expect.stringContaining(why) as string }) as Error);
};

const MONEY = 'syntax = "proto3"; package shop; message Money { int64 units = 1; }';
const ORDER = 'syntax = "proto3"; package shop; import "common/money.proto"; message Order { string order_id = 1; Money price = 2; }';
const value = { orderId: 'a', price: { units: 5 } };

describe('the schema of protobuf', () => {
  it('comes from text, a file, its imports, a descriptor set or a root', () => {
    const references = [{ name: 'common/money.proto', schema: MONEY }];
    const expected = '0a016112020805';
    expect(bytesOf(protobuf({ schema: ORDER, references }), value)).toBe(expected);
    const path = file('orders.proto', ORDER);
    file('shared/common/money.proto', MONEY);
    invalid({ file: path }, 'without common/money.proto, which is not to be found: no such Type or Enum \'Money\'');
    expect(bytesOf(protobuf({ file: path, importFolders: [join(folder, 'shared')] }), value)).toBe(expected);
    file('common/money.proto', MONEY);
    expect(bytesOf(protobuf({ file: pathToFileURL(path), message: 'shop.Order' }), value)).toBe(expected);
    const { root } = parseProtoFile('orders.proto', ORDER, () => MONEY);
    expect(bytesOf(protobuf({ schema: root, message: 'shop.Order' }), value)).toBe(expected);
    const set = (root as unknown as { toDescriptor(edition: string): protobufjs.Message }).toDescriptor('proto3');
    const descriptor = set.$type.encode(set).finish();
    const fromDescriptor = protobuf({ schema: descriptor, message: 'shop.Order' });
    expect(bytesOf(fromDescriptor, value)).toBe(expected);
    expect(fromDescriptor.type).toEqual(protobuf({ schema: ORDER, references }).type);
  });

  it('is refused with what is wrong with it (MR-4241)', () => {
    invalid({ schema: 'message A {' }, 'illegal token');
    invalid({ schema: 'syntax = "proto3"; message A { B b = 1; }' }, "no such Type or Enum 'B'");
    invalid({ schema: 'syntax = "proto3"; message A { string a = 1; string b = 1; }' }, 'duplicate id 1');
    invalid({ schema: 'syntax = "proto3"; message A {} message B {}' }, 'the messages A, B, and the format names none');
    invalid({ schema: 'syntax = "proto3"; message A {}', message: 'C' }, 'has no message "C", but A');
    invalid({ schema: 'syntax = "proto3"; enum E { ZERO = 0; }' }, 'no message');
    invalid({ schema: 'syntax = "proto2"; message A { optional int64 a = 1 [default = 9007199254740993]; }' }, 'the default of A.a is beyond 2^53');
    invalid({ schema: 'syntax = "proto2"; message A { optional E a = 1 [default = TWO]; enum E { ONE = 1; } }' }, 'no name of A.E');
    invalid({ file: join(folder, 'missing.proto') }, 'cannot be read');
    invalid({}, 'exactly one of schema and file');
    invalid({ schema: 'message A {}', file: 'a' }, 'exactly one of schema and file');
    invalid({ schema: 5 }, 'is to be the text');
    invalid({ schema: Uint8Array.of(1, 2), message: 'A' }, 'the descriptor');
    invalid({ schema: new protobufjs.Root() }, 'message is missing');
  });

  it('may have options of its own, and those of files that are not there', () => {
    const schema = `syntax = "proto3"; package shop; import "google/protobuf/descriptor.proto"; import "google/api/annotations.proto";
      extend google.protobuf.FieldOptions { string owner = 50000; } message Order { string id = 1 [(owner) = "sales", (google.api.field_behavior) = REQUIRED]; }`;
    expect(bytesOf(protobuf({ schema }), { id: 'a' })).toBe('0a0161');
  });

  it('gives a type with an end where messages share others', () => {
    const names = Array.from({ length: 12 }, (_, at) => `M${at}`);
    const schema = `syntax = "proto3"; ${names.map((name) => `message ${name} { ${names.map((other, at) => `${other} f${at} = ${at + 1};`).join(' ')} }`).join(' ')}`;
    const fields = (type: unknown): number => Object.values(type as object).reduce((sum: number, part) => sum + (typeof part === 'object' && part !== null ? fields(part) : 0), 1);
    expect(fields(protobuf({ schema, message: 'M0' }).type)).toBeLessThan(50_000);
    expect(bytesOf(protobuf({ schema, message: 'M0' }), { f1: { f2: {} } })).toBe('12021a00');
  });

  it('may be of an edition', () => {
    const edition = 'edition = "2023"; package p; message A { int32 a = 1; int32 b = 2 [features.field_presence = IMPLICIT]; repeated int32 c = 3 [features.repeated_field_encoding = EXPANDED]; A d = 4 [features.message_encoding = DELIMITED]; }';
    const format = protobuf<unknown>({ schema: edition });
    expect(format.type).toMatchObject({ fields: [{ name: 'a', type: { kind: 'optional' } }, { name: 'b', type: { kind: 'number' } }, { name: 'c' }, { name: 'd' }] });
    expect(bytesOf(format, { a: 0, b: 0, c: [1, 2], d: { b: 1 } })).toBe('08001801180223100124');
  });

  it('is printed where it came without its text', () => {
    const texts = [
      `syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto"; message Order { string order_id = 1 [json_name = "key"]; optional int32 n = 2; oneof x { Kind kind = 3; Deep.Inner inner = 4; } map<int32, Deep> deep = 5;
        repeated int32 loose = 6 [packed = false]; google.protobuf.Timestamp at = 7; int64 big = 8 [jstype = JS_STRING]; repeated string texts = 9; message Local { Order order = 1; } Local local = 10; }
        message Deep { message Inner { bytes raw = 1; } } enum Kind { option allow_alias = true; NONE = 0; NOTHING = 0; ONE = 1; } message Unused {}`,
      'syntax = "proto2"; message Order { required string s = 1 [default = "a\\"b"]; optional float f = 2 [default = inf]; repeated group Line = 3 { optional int32 n = 1; } optional E e = 4 [default = TWO]; enum E { ONE = 1; TWO = 2; } repeated int32 p = 5 [packed = true]; }',
    ];
    for (const text of texts) {
      const parsed = parseProtoFile('a', text, () => undefined);
      const name = text.includes('package') ? 'shop.Order' : 'Order';
      const printed = printSchema(parsed.root.lookupType(name));
      const again = parseProtoFile('b', printed, () => undefined);
      expect(printed).not.toContain('Unused');
      expect(printSchema(again.root.lookupType(name))).toBe(printed);
      const types = [parsed, again].map(({ root }) => protobuf({ schema: root, message: name }).type);
      expect(types[1]).toEqual(types[0]);
    }
    const two = parseProtoFile('a', 'syntax = "proto3"; package a; import "b"; message A { b.B b = 1; }', () => 'syntax = "proto3"; package b; message B {}');
    expect(() => printSchema(two.root.lookupType('a.A'))).toThrow('b.B is of another package');
    const mixed = parseProtoFile('a', 'syntax = "proto3"; package a; import "b"; message A { int32 n = 1; B b = 2; }', () => 'syntax = "proto2"; package a; message B { required int32 m = 1; }');
    expect(() => printSchema(mixed.root.lookupType('a.A'))).toThrow('a.A.n has no presence');
  });
});

describe('properties of records', () => {
  it('are the same with code of their own and without', () => {
    for (const generate of [true, false]) {
      const record = makerOf(new Map([['a', { value: 0 }], ['b', { make: 'list' }], ['c', { make: 'map' }], ['d', { value: '' }], ['e', { value: 5n }], ['f', { value: -0 }], ['constructor', { value: false }]]), generate);
      const made = record();
      expect(made).toStrictEqual({ a: 0, b: [], c: new Map(), d: '', e: 5n, f: -0, constructor: false });
      expect(record()['b']).not.toBe(made['b']);
      for (const name of ['a', "it's", '__proto__', 'toString']) {
        expect(getterOf(name, generate)({})).toBe(undefined);
        setterOf(name, generate)(made, 'new');
        expect(Object.hasOwn(made, name)).toBe(true);
        expect(getterOf(name, generate)(made)).toBe('new');
      }
    }
    expect(Object.keys(makerOf(new Map([['__proto__', { value: 1 }]]))())).toEqual(['__proto__']);
  });
});

import { ByteWriter, type Format, MillraceError } from '@millrace/core/spi';
import { describe, expect, it } from 'vitest';
import { ProtobufNotEncodable, ProtobufSchemaInvalid } from './errors.js';
import { protobuf } from './protobuf.js';

function encode(format: Format<unknown>, value: unknown): Uint8Array {
  const writer = new ByteWriter();
  format.createEncoder().encode(value, writer);
  return writer.toBytes();
}

function decode(format: Format<unknown>, bytes: Uint8Array): unknown {
  let found: unknown;
  format.createDecoder({ source: 'test', maxDepth: 64 }).decode(bytes, 0, bytes.length, { record: (value) => (found = value) });
  return found;
}

const code = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error);
  }
  return undefined;
};

describe('Protobuf values', () => {
  it('does not write zero for null in a list or a map of wrappers', () => {
    const schema = 'syntax = "proto3"; import "google/protobuf/wrappers.proto"; message M { repeated google.protobuf.Int64Value list = 1; map<string, google.protobuf.Int64Value> map = 2; google.protobuf.Int64Value one = 3; }';
    const format = protobuf({ schema });
    expect(code(() => encode(format, { list: [1, null] }))).toBe(ProtobufNotEncodable.code);
    expect(code(() => encode(format, { map: new Map([['a', null]]) }))).toBe(ProtobufNotEncodable.code);
    expect(decode(format, encode(format, { one: null, list: [0], map: new Map([['a', 0]]) }))).toEqual({ list: [0], map: new Map([['a', 0]]) });
  });

  it('refuses names that the parser passes over, and pollutes nothing (MR-4241)', () => {
    for (const body of ['message M { int32 a = 1; int32 __proto__ = 2; }', 'message M { oneof __proto__ { int32 a = 1; } }', 'message M { E e = 1; enum E { A = 0; __proto__ = 1; } }', 'message M { int32 a = 1; message __proto__ {} }', 'package __proto__; message M { int32 a = 1; }']) {
      expect([body, code(() => protobuf({ schema: `syntax = "proto3"; ${body}` }))]).toEqual([body, ProtobufSchemaInvalid.code]);
    }
    for (const option of ['option __proto__.polluted = "x";', 'option (a).__proto__.polluted = "x";', 'option constructor.prototype.polluted = "x";']) {
      const format = protobuf({ schema: `syntax = "proto3"; ${option} message M { int32 a = 1 [json_name = "__proto__"]; int32 constructor = 2; }` });
      const record = JSON.parse('{"__proto__":5,"constructor":6}') as object;
      expect(decode(format, encode(format, record))).toEqual(record);
      expect('polluted' in {}).toBe(false);
    }
  });

  it('reads groups of the highest numbers, and defaults that are no finite numbers', () => {
    const format = protobuf({ schema: 'syntax = "proto2"; message M { optional group G = 536870911 { optional int32 a = 1; } optional double up = 2 [default = inf]; optional double down = 3 [default = -inf]; optional float none = 4 [default = nan]; optional double zero = 5 [default = -0.0]; }', message: 'M', fieldNames: 'asWritten' });
    const found = decode(format, encode(format, { g: { a: 5 } }));
    expect(found).toMatchObject({ g: { a: 5 }, up: Infinity, down: -Infinity, none: Number.NaN });
    expect(Object.is((found as { zero: number }).zero, -0)).toBe(true);
  });
});

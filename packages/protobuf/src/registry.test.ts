import { ByteWriter, type DecodeContext, type Format } from '@millrace/core/spi';
import { formatKit } from '@millrace/core/testing';
import { schemaRegistry, type SchemaRegistry } from '@millrace/schema-registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentedRegistry } from '../../schema-registry/src/documented-registry.test-server.js';
import { realRegistryUrl, REGISTRY_START_MS, unavailable } from '../../schema-registry/src/registry.test-server.js';
import { ProtobufIncompatible, ProtobufSchemaInvalid } from './errors.js';
import { protobufOfSubject } from './protobuf-of-subject.js';
import { protobuf, type ProtobufOptions } from './protobuf.js';

const proto3 = (text: string): string => `syntax = "proto3";\npackage shop;\n${text}\n`;

for (const kind of ['documented', 'real'] as const) describe.skipIf(kind === 'real' && unavailable !== undefined)(`protobuf with a ${kind} registry${kind === 'real' && unavailable !== undefined ? ` (skipped: ${unavailable})` : ''}`, () => {
  const documented = new DocumentedRegistry();
  let registry: SchemaRegistry;
  let url = '';
  const run = Date.now();
  beforeAll(async () => {
    url = kind === 'real' ? await realRegistryUrl() : await documented.start();
    registry = schemaRegistry({ url, retries: 1 });
    documented.settings.incompatible = (after, before) => (before.includes('string id = 1') && after.includes('int64 id = 1') ? 'FIELD_SCALAR_KIND_CHANGED' : undefined);
  }, REGISTRY_START_MS);
  afterAll(() => (kind === 'real' ? undefined : documented.stop()));

  const format = <T = unknown>(schema: string, subject: string, more: Partial<ProtobufOptions> = {}): Format<T> => protobuf<T>({ schema, registry, subject: `${subject}-${run}`, ...more });
  const at: DecodeContext = { source: 'test', maxDepth: 128, topic: 'orders' };

  async function write<T>(by: Format<T>, value: T): Promise<Uint8Array> {
    const encoder = by.createEncoder();
    await encoder.start!({ topic: 'orders' });
    const bytes = new ByteWriter();
    encoder.encode(value, bytes);
    return bytes.toBytes();
  }

  async function read<T>(by: Format<T>, bytes: Uint8Array): Promise<T> {
    const decoder = by.createDecoder(at);
    await decoder.prepare!(bytes, 0, bytes.length);
    let found: T | undefined;
    decoder.decode(bytes, 0, bytes.length, { record: (value) => (found = value) });
    return found!;
  }

  const evolve = async (name: string, from: string, to: string, value: unknown, message?: string): Promise<unknown> => {
    const more = message === undefined ? {} : { message };
    return read(format(to, name, more), await write(format(from, name, more), value));
  };

  it('passes the kit', async () => {
    const kit = formatKit<{ id: string }>({
      format: format(proto3('message Order { string id = 1; }'), 'kit'), values: [{ id: 'a' }, { id: '' }], malformed: ['{"id":"a"}', Uint8Array.of(0, 0, 9, 9, 9, 0, 10, 1, 97), new Uint8Array(3)],
      equal: (left, right) => left.id === right.id,
    });
    for (const test of kit) await test.run();
  });

  it('puts the place of the message behind the id, a single zero for the first', async () => {
    const schema = proto3('message Other { message Deep { message Order { string id = 1; } } message Order { string id = 1; } } message Order { string id = 1; }');
    const indexes = async (message: string): Promise<number[]> => [...(await write(format<{ id: string }>(schema, `place-${message}`, { message }), {} as never)).subarray(5)];
    expect(await indexes('shop.Other')).toEqual([0]);
    expect(await indexes('shop.Order')).toEqual([2, 2]);
    expect(await indexes('shop.Other.Deep.Order')).toEqual([6, 0, 0, 0]);
    const nested = format<{ id: string }>(schema, 'place', { message: 'shop.Other.Order' });
    const bytes = await write(nested, { id: 'a' });
    expect([...bytes.subarray(5)]).toEqual([4, 0, 2, 10, 1, 97]);
    expect(await read(nested, bytes)).toEqual({ id: 'a' });
    const decoder = nested.createDecoder(at);
    await decoder.prepare!(bytes, 0, bytes.length);
    const found: unknown[] = [];
    const frames = [bytes, bytes, bytes.subarray(0, 7), Uint8Array.of(...bytes.subarray(0, 5), 0), Uint8Array.of(...bytes.subarray(0, 5), 4, 0, 2)];
    for (const frame of frames) {
      try {
        decoder.decode(frame, 0, frame.length, { record: (value) => void found.push(value) });
      } catch (error) {
        found.push((error as { code: string }).code);
      }
    }
    expect(found).toEqual([{ id: 'a' }, { id: 'a' }, 'MR-4210', 'MR-4242', { id: '' }]);
    // The first message in its long form.
    const long = Uint8Array.of(...(await write(format<{ id: string }>(proto3('message Order { string id = 1; }'), 'long'), { id: 'a' })).subarray(0, 5), 2, 0, 10, 1, 98);
    expect(await read(format(proto3('message Order { string id = 1; }'), 'long'), long)).toEqual({ id: 'b' });
  });

  it('reads what was written with another version: added, removed, renamed, widened', async () => {
    const order = (fields: string): string => proto3(`message Order { ${fields} }`);
    expect(await evolve('added', order('string id = 1;'), order('string id = 1; repeated string tags = 2; optional int32 n = 3;'), { id: 'a' })).toEqual({ id: 'a', tags: [] });
    expect(await evolve('removed', order('map<string, int64> old = 2; string id = 1;'), order('string id = 1; reserved 2;'), { id: 'a', old: new Map([['x', 1]]) })).toEqual({ id: 'a' });
    expect(await evolve('renamed', order('string id = 1;'), order('string key = 1;'), { id: 'a' })).toEqual({ key: 'a' });
    const numbers = order('int32 a = 1; uint32 b = 2; bool c = 3; sint32 d = 4; E e = 5; repeated int32 f = 6; fixed32 g = 7; string h = 8; int64 i = 9;') + 'enum E { NONE = 0; TWO = 2; }';
    const wider = order('int64 a = 1; uint64 b = 2; int32 c = 3; sint64 d = 4; int32 e = 5; repeated int64 f = 6; sfixed32 g = 7; bytes h = 8; int32 i = 9;');
    expect(await evolve('widened', numbers, wider, { a: -1, b: 2 ** 32 - 1, c: true, d: -7, e: 'TWO', f: [-1], g: 5, h: 'x', i: 5 })).toEqual({ a: -1, b: 2 ** 32 - 1, c: 1, d: -7, e: 2, f: [-1], g: 5, h: Uint8Array.of(120), i: 5 });
    await expect(evolve('too-large', order('int64 n = 1;'), order('int32 n = 1;'), { n: 2 ** 40 })).rejects.toThrow('1099511627776 does not fit 32 bits');
    expect(await evolve('symbols', order('E e = 1;') + 'enum E { NONE = 0; TWO = 2; }', order('E e = 1;') + 'enum E { NONE = 0; }', { e: 'TWO' })).toEqual({ e: '2' });
  });

  it('refuses to read what has another meaning, or is another message (MR-4242)', async () => {
    const order = (fields: string): string => proto3(`message Order { ${fields} }`);
    for (const [from, to] of [['int32 n = 1;', 'sint32 n = 1;'], ['fixed32 n = 1;', 'float n = 1;'], ['double n = 1;', 'fixed64 n = 1;'], ['repeated int32 n = 1;', 'int32 n = 1;'], ['map<string, int32> n = 1;', 'map<int32, int32> n = 1;'], ['Order n = 1;', 'string n = 1;']] as const) {
      await expect(evolve(`changed ${from} ${to}`, order(from), order(to), {})).rejects.toSatisfy(ProtobufIncompatible.is);
    }
    await expect(evolve('meaning', order('int32 n = 1;'), order('double n = 1;'), {})).rejects.toThrow('the field $.n with the number 1 was written as int32, and cannot be read as double');
    const time = 'import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";';
    await expect(evolve('times', proto3(`${time} message Order { google.protobuf.Timestamp n = 1; }`), proto3(`${time} message Order { google.protobuf.Duration n = 1; }`), {})).rejects.toSatisfy(ProtobufIncompatible.is);
    expect(await evolve('own time', proto3(`${time} message Order { google.protobuf.Timestamp n = 1; }`), order('T n = 1; message T { int64 seconds = 1; }'), { n: 5000 }, 'shop.Order')).toEqual({ n: { seconds: 5 } });
    await expect(evolve('required', 'syntax = "proto2"; message Order {}', 'syntax = "proto2"; message Order { required int32 n = 1; }', {})).rejects.toThrow('required, and not written');
    const two = proto3('message Order { string id = 1; } message Refund { string id = 1; }');
    const bytes = await write(format<unknown>(two, 'two', { message: 'shop.Refund' }), { id: 'a' });
    await expect(read(format(two, 'two', { message: 'Order' }), bytes)).rejects.toThrow('is a shop.Refund, and the format reads shop.Order');
    const beyond = Uint8Array.of(...bytes.subarray(0, 5), 2, 14, 10, 1, 97);
    await expect(read(format(two, 'two', { message: 'Order' }), beyond)).rejects.toThrow('has no message at 7');
  });

  it('refuses an incompatible schema at the start of a sink, and of a source (MR-4208, MR-4207, MR-4212)', async () => {
    const subject = 'strict';
    await write(format<unknown>(proto3('message Order { string id = 1; }'), subject), {});
    await registry.setCompatibility('BACKWARD', `${subject}-${run}`);
    await expect(write(format<unknown>(proto3('message Order { int64 id = 1; }'), subject), {})).rejects.toThrow('MR-4208');
    await expect(write(format<unknown>(proto3('message Order { string id = 1; string more = 2; }'), subject, { autoRegister: false }), {})).rejects.toThrow('MR-4207');
    await expect(format(proto3('message Order { int64 id = 1; }'), subject).createDecoder(at).start!()).rejects.toThrow(/MR-4212[^]*version 1[^]*MR-4242[^]*written as string/);
    await format(proto3('message Order { bytes id = 1; string new = 9; }'), subject).createDecoder(at).start!();
    await format(proto3('message Order { int64 id = 1; }'), 'nobody-writes').createDecoder(at).start!();
    await expect(format(proto3('message Refund {}'), subject).createDecoder(at).start!()).rejects.toThrow('has no message shop.Refund');
  });

  it('takes the schema of a subject', async () => {
    // Apicurio before 2.1 keeps no references.
    const references = kind === 'documented' ? [{ name: 'inner.proto', schema: proto3('message Inner { int32 n = 1; }'), subject: `inner-${run}` }] : [];
    const own = kind === 'documented' ? 'import "inner.proto";' : 'message Inner { int32 n = 1; }';
    const declared = format<unknown>(proto3(`${own} message Order { Inner inner = 1; }`), 'taken', { message: 'shop.Order', references });
    const bytes = await write(declared, { inner: { n: 5 } });
    const taken = await protobufOfSubject({ registry, subject: `taken-${run}`, version: 1, message: 'shop.Order' });
    expect(taken.type).toEqual(declared.type);
    expect(await read(taken, bytes)).toEqual({ inner: { n: 5 } });
    expect(await write(taken, { inner: { n: 5 } })).toEqual(bytes);
    await expect(protobufOfSubject({ registry, subject: `unheard-of-${run}` })).rejects.toThrow('MR-4206');
    await registry.register(`text-${run}`, { type: 'AVRO', schema: '"string"' });
    await expect(protobufOfSubject({ registry, subject: `text-${run}` })).rejects.toSatisfy(ProtobufIncompatible.is);
  });

  it('registers what a file imports before it, and reads it by the references', async () => {
    const money = proto3('import "common/currency.proto"; message Money { int64 units = 1; Currency currency = 2; }');
    const currency = proto3('enum Currency { NONE = 0; EUR = 1; }');
    const order = proto3('import "common/money.proto"; import "google/protobuf/timestamp.proto"; message Order { Money price = 1; google.protobuf.Timestamp at = 2; }');
    const references = [{ name: 'common/money.proto', schema: money, references: [{ name: 'common/currency.proto', schema: currency, subject: `currency-${run}` }] }];
    const value = { price: { units: 5, currency: 'EUR' }, at: 1000 };
    const writer = format<unknown>(order, 'linked', { references });
    const bytes = await write(writer, value);
    expect(await read(writer, bytes)).toEqual(value);
    expect((await registry.latest('common/money.proto')).schema).toContain('Money');
    const small = proto3('message Order { Money price = 1; message Money { int64 units = 1; } }');
    const reader = protobuf<unknown>({ schema: small, message: 'shop.Order', registry: schemaRegistry({ url }) });
    if (kind === 'documented') {
      expect((await registry.latest(`linked-${run}`)).references).toEqual([{ name: 'common/money.proto', subject: 'common/money.proto', version: 1 }]);
      expect((await registry.latest('common/money.proto')).references).toEqual([{ name: 'common/currency.proto', subject: `currency-${run}`, version: 1 }]);
      expect(await read(reader, bytes)).toEqual({ price: { units: 5 } });
    } else {
      // Apicurio before 2.1 keeps no references: then those of the format count.
      await expect(read(reader, bytes)).rejects.toThrow('common/money.proto');
      expect(await read(protobuf<unknown>({ schema: small, message: 'shop.Order', references, registry }), bytes)).toEqual({ price: { units: 5 } });
    }
    expect(() => format(order, 'linked')).toThrow(ProtobufSchemaInvalid.code);
    await expect(write(format<unknown>(order, 'unlinked', { references: [{ name: 'common/money.proto', schema: proto3('message Money { int64 other = 1; }'), subject: 'nothing' }], autoRegister: false }), {})).rejects.toThrow('MR-4207');
  });
});

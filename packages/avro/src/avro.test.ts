import { type Format, ByteWriter, type Decoder } from '@millrace/core/spi';
import { t } from '@millrace/core';
import { formatKit } from '@millrace/core/testing';
import { schemaRegistry, type SchemaRegistry } from '@millrace/schema-registry';
import avsc from 'avsc';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentedRegistry } from '../../schema-registry/src/documented-registry.test-server.js';
import { realRegistryUrl, REGISTRY_START_MS, unavailable } from '../../schema-registry/src/registry.test-server.js';
import { avro } from './avro.js';
import { avroOfSubject } from './avro-of-subject.js';
import { avroReader } from './avro-reader.js';
import { parseAvroSchema } from './avro-schema.js';
import { avroWriter } from './avro-writer.js';
import { type AvroReader, ByteTap } from './byte-tap.js';
import type { AvroWriter } from './write-leaf.js';
import { AvroIncompatible, AvroLongUnsafe, AvroMalformed, AvroNotEncodable, AvroSchemaInvalid } from './errors.js';

const EVERYTHING = {
  type: 'record', name: 'Everything', namespace: 'shop', fields: [
    { name: 'n', type: 'null' }, { name: 'b', type: 'boolean' }, { name: 'i', type: 'int' }, { name: 'l', type: 'long' }, { name: 'f', type: 'float' }, { name: 'd', type: 'double' },
    { name: 's', type: 'string' }, { name: 'y', type: 'bytes' }, { name: 'x', type: { type: 'fixed', name: 'Two', size: 2 } }, { name: 'e', type: { type: 'enum', name: 'Suit', symbols: ['SPADES', 'HEARTS'] } },
    { name: 'list', type: { type: 'array', items: ['null', 'string'] } }, { name: 'map', type: { type: 'map', values: 'double' } }, { name: 'again', type: ['null', 'shop.Everything'] },
  ],
};
interface Everything { n: null; b: boolean; i: number; l: bigint | number; f: number; d: number; s: string; y: Uint8Array; x: Uint8Array; e: string; list: (string | null)[]; map: Map<string, number>; again: Everything | null }
const one: Everything = { n: null, b: true, i: -5, l: 2 ** 53 - 1, f: 0.5, d: -1e300, s: 'ü €', y: Uint8Array.of(0, 255), x: Uint8Array.of(1, 2), e: 'HEARTS', list: ['a', null, ''], map: new Map([['__proto__', 1], ['b', -0]]), again: null };

const same = (left: unknown, right: unknown): boolean => {
  expect(left).toStrictEqual(right);
  return true;
};
const record = (fields: readonly object[], more: object = {}): object => ({ type: 'record', name: 'Order', fields, ...more });
const decoderOf = <T>(format: Format<T>): Decoder<T> => format.createDecoder({ source: 'test', maxDepth: 128 });

function encode<T>(format: Format<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  format.createEncoder().encode(value, writer);
  return writer.toBytes();
}

function decode<T>(format: Format<T>, bytes: Uint8Array): { value: T; timestamp: number } {
  let found: { value: T; timestamp: number } | undefined;
  decoderOf(format).decode(bytes, 0, bytes.length, { record: (value, timestamp) => (found = { value, timestamp }) });
  return found!;
}

describe('avro', () => {
  for (const { name, run } of formatKit<Everything>({
    format: avro<Everything>({ schema: EVERYTHING }),
    values: [one, { ...one, again: { ...one, l: -1 } }],
    malformed: [new Uint8Array(0), Uint8Array.of(2), Uint8Array.of(1, 0, 0), encode(avro<Everything>({ schema: EVERYTHING }), one).subarray(0, 20)],
    equal: same,
  })) it(`kit: ${name}`, run);

  it('writes and reads the bytes that avsc does', () => {
    const reference = avsc.Type.forSchema(EVERYTHING as never);
    const format = avro<Everything>({ schema: JSON.stringify(EVERYTHING) });
    const values = fc.record({
      b: fc.boolean(), i: fc.integer(), l: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), f: fc.float({ noNaN: true }), d: fc.double({ noNaN: true }), s: fc.string(), y: fc.uint8Array({ maxLength: 9 }),
      x: fc.uint8Array({ minLength: 2, maxLength: 2 }), e: fc.constantFrom('SPADES', 'HEARTS'), list: fc.array(fc.option(fc.string())), map: fc.array(fc.tuple(fc.stringMatching(/^[a-z]+$/), fc.double({ noNaN: true }))),
    });
    fc.assert(fc.property(values, ({ map, ...rest }) => {
      const value: Everything = { n: null, ...rest, map: new Map(map), again: null };
      value.again = { ...value, y: Uint8Array.of(...value.y) };
      const forAvsc = ({ map: entries, y, x, again, ...others }: Everything): object => ({ ...others, map: Object.fromEntries(entries), y: Buffer.from(y), x: Buffer.from(x), again: again === null ? null : forAvsc(again) });
      const bytes = encode(format, value);
      expect(Buffer.from(bytes).equals(reference.toBuffer(forAvsc(value)))).toBe(true);
      expect(decode(format, bytes).value).toStrictEqual(value);
    }), { numRuns: 200 });
  });

  it('reads and writes the same with generated code and without', () => {
    const fields = [
      { name: '__proto__', type: 'string' }, { name: 'toString', type: ['null', 'long'], default: null }, { name: 'i', type: ['int', 'null'] }, { name: 'l', type: 'long' }, { name: 'd', type: ['null', 'double'] }, { name: 'b', type: ['boolean', 'null'] },
      { name: 'deep', type: { type: 'array', items: { type: 'array', items: ['null', 'string'] } } }, { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } }, { name: 'again', type: ['null', 'Order'] },
    ];
    const node = parseAvroSchema(record(fields));
    const wider = parseAvroSchema(record([{ name: 'new', type: 'string', default: 'x' }, ...fields.filter(({ name }) => name !== 'b').toReversed().map((field) => (field.name === 'l' ? { name: 'l', type: ['null', 'double'] } : field))]));
    const [made, plain] = [true, false].map((generate) => ({ write: avroWriter(node, 'number', generate), read: avroReader(node, node, 'number', generate), widen: avroReader(node, wider, 'number', generate) }));
    const leaf = { i: fc.option(fc.integer()), l: fc.maxSafeInteger(), d: fc.option(fc.double()), b: fc.option(fc.boolean()), deep: fc.array(fc.array(fc.option(fc.string({ maxLength: 90, unit: 'grapheme' })), { maxLength: 3 }), { maxLength: 3 }), at: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) };
    const value = fc.tuple(fc.record(leaf), fc.record(leaf), fc.string(), fc.option(fc.maxSafeInteger(), { nil: undefined })).map(([inner, outer, text, n]) => {
      const own = { ['__proto__']: text, ...(n === undefined ? {} : { toString: n }) };
      return { ...own, ...outer, ['__proto__']: text, again: { ['__proto__']: text, ...inner, again: null } };
    });
    const bytesOf = (write: AvroWriter, one: unknown): Uint8Array => {
      const out = new ByteWriter();
      write(out, one);
      return out.toBytes();
    };
    const tap = new ByteTap(128);
    const read = (reader: AvroReader, bytes: Uint8Array): unknown => {
      tap.open(bytes, 0, bytes.length);
      const found = reader(tap);
      expect(tap.at).toBe(bytes.length);
      return found;
    };
    fc.assert(fc.property(value, (one) => {
      const bytes = bytesOf(made!.write, one);
      expect(bytes).toEqual(bytesOf(plain!.write, one));
      expect(read(made!.read, bytes)).toStrictEqual(read(plain!.read, bytes));
      expect(read(made!.widen, bytes)).toStrictEqual(read(plain!.widen, bytes));
    }), { numRuns: 300 });
    const [good] = fc.sample(value, { numRuns: 1, seed: 1 });
    for (const wrong of [{ i: 1.5 }, { i: '5' }, { l: 2 ** 60 }, { l: null }, { d: '1' }, { b: 0 }, { deep: [['a', 5]] }, { deep: 5 }, { at: 5.5 }, { ['__proto__']: 5 }, { toString: 'x' }, { again: [] }]) {
      const failure = (write: AvroWriter): string => {
        try {
          return String(bytesOf(write, { ...good, ...wrong }));
        } catch (error) {
          return String(error);
        }
      };
      expect(failure(made!.write)).toMatch(/^MillraceError: MR-4225[^]*\$\./);
      expect(failure(made!.write)).toBe(failure(plain!.write));
    }
  });

  it('gives types for the values of a schema', () => {
    const type = avro({ schema: record([{ name: 'a', type: ['null', 'long'] }, { name: 'b', type: { type: 'map', values: 'bytes' } }, { name: 'c', type: ['int', 'double'] }, { name: 'd', type: { type: 'long', logicalType: 'timestamp-millis' } }]) }).type;
    expect(type).toEqual(t.struct({ a: t.nullable(t.number), b: t.map(t.string, t.bytes), c: t.dynamic, d: t.timestamp }));
    expect(avro({ schema: 'long', longs: 'bigint' }).type).toEqual(t.bigint);
  });

  it('keeps longs exact, or refuses them', () => {
    const exact = avro<bigint>({ schema: 'long', longs: 'bigint' });
    for (const value of [0n, -1n, 2n ** 49n, -(2n ** 49n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) expect(decode(exact, encode(exact, value)).value).toBe(value);
    expect(() => decode(avro({ schema: 'long' }), encode(exact, 2n ** 53n))).toThrow(AvroLongUnsafe.code);
    expect(() => encode(exact, 2n ** 63n)).toThrow(AvroNotEncodable.code);
    const field = avro<{ id: bigint; n: number }>({ schema: record([{ name: 'id', type: { type: 'long', logicalType: 'bigint' } }, { name: 'n', type: 'long' }]) });
    expect(decode(field, encode(field, { id: 7n, n: 7 })).value).toEqual({ id: 7n, n: 7 });
    expect(() => decode(exact, Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1))).toThrow(AvroMalformed.code);
  });

  it('knows logical types', () => {
    const schema = record([
      { name: 'day', type: { type: 'int', logicalType: 'date' } }, { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } }, { name: 'fine', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 2 } }, { name: 'fee', type: { type: 'fixed', name: 'Fee', size: 4, logicalType: 'decimal', precision: 9, scale: 3 } },
      { name: 'id', type: { type: 'string', logicalType: 'uuid' } }, { name: 'odd', type: { type: 'int', logicalType: 'unheard-of' } },
    ]);
    const value = { day: new Date('1969-12-31'), at: 1_700_000_000_123, fine: 1_700_000_000_123_456n, price: '-12345678901234567890.10', fee: '-0.001', id: '01234567-89ab-cdef-0123-456789abcdef', odd: 3 };
    const format = avro<typeof value>({ schema, timestampField: 'fine' });
    expect(decode(format, encode(format, value))).toEqual({ value, timestamp: 1_700_000_000_123 });
    expect(decode(avro({ schema, timestampField: 'at' }), encode(format, value)).timestamp).toBe(1_700_000_000_123);
    const reference = avsc.Type.forSchema(schema as never).fromBuffer(Buffer.from(encode(format, value))) as Record<string, unknown>;
    expect([reference['day'], reference['at'], reference['fine'], (reference['fee'] as Buffer).toString('hex')]).toEqual([-1, value.at, 1_700_000_000_123_456, 'ffffffff']);
    for (const wrong of [{ day: new Date(5) }, { price: '1.001' }, { price: 5 }, { fee: '9999999999' }, { id: 'x' }, { at: 1.5 }]) expect(() => encode(format, { ...value, ...wrong } as never)).toThrow(AvroNotEncodable.code);
  });

  it('wraps values of unions that JavaScript cannot tell apart', () => {
    const two = avro<unknown>({ schema: ['null', record([], { name: 'A' }), record([{ name: 'x', type: 'int' }], { name: 'B' })] });
    for (const value of [null, { A: {} }, { B: { x: 1 } }]) expect(decode(two, encode(two, value)).value).toEqual(value);
    expect(() => encode(two, { x: 1 })).toThrow('[type]: value');
    const many = avro<unknown>({ schema: ['null', 'boolean', 'long', 'string', 'bytes', { type: 'array', items: 'int' }, { type: 'map', values: 'int' }, record([])] });
    for (const value of [null, true, 5, 'x', Uint8Array.of(1), [1], new Map([['a', 1]]), {}]) expect(decode(many, encode(many, value)).value).toEqual(value);
    expect(() => encode(many, 5n)).toThrow(AvroNotEncodable.code);
  });

  it('names the place of what does not fit, and takes defaults for what is missing', () => {
    const format = avro<unknown>({ schema: record([{ name: 'items', type: { type: 'array', items: record([{ name: 'n', type: 'int' }, { name: 'note', type: 'string', default: 'none' }], { name: 'Item' }) } }]) });
    expect(() => encode(format, { items: [{ n: 1 }, { n: 'x' }] })).toThrow('$.items[1].n');
    expect(decode(format, encode(format, { items: [{ n: 1 }] })).value).toEqual({ items: [{ n: 1, note: 'none' }] });
  });

  it('refuses schemas that are none, lengths that cannot be, and too deep records', () => {
    for (const schema of ['{', 'nothing', {}, { type: 'record', name: 'A' }, { type: 'record', name: '1', fields: [] }, ['int', 'int'], [], { type: 'enum', name: 'E', symbols: ['a', 'a'] }, { type: 'fixed', name: 'F', size: -1 }, { type: 'array' }, record([{ name: 'a', type: 'int' }, { name: 'a', type: 'int' }])]) {
      expect(() => avro({ schema: schema as object })).toThrow(AvroSchemaInvalid.code);
    }
    const nulls = avro<unknown>({ schema: { type: 'array', items: 'null' } });
    expect(() => decode(nulls, Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 0))).toThrow(AvroMalformed.code);
    const nested = avro<unknown>({ schema: record([{ name: 'next', type: ['null', 'Order'] }]) });
    expect(() => decode(nested, Uint8Array.from({ length: 5000 }, () => 2))).toThrow('128 levels');
    expect(() => decode(avro({ schema: 'int' }), Uint8Array.of(2, 2))).toThrow('left behind the end');
  });
});

for (const kind of ['documented', 'real'] as const) describe.skipIf(kind === 'real' && unavailable !== undefined)(`avro with a ${kind} registry${kind === 'real' && unavailable !== undefined ? ` (skipped: ${unavailable})` : ''}`, () => {
  const documented = new DocumentedRegistry();
  let registry: SchemaRegistry;
  beforeAll(async () => {
    registry = schemaRegistry({ url: kind === 'real' ? await realRegistryUrl() : await documented.start(), retries: 1 });
    documented.settings.incompatible = (after, before) => {
      try {
        avsc.Type.forSchema(JSON.parse(after) as never).createResolver(avsc.Type.forSchema(JSON.parse(before) as never));
        return undefined;
      } catch (error) {
        return String(error);
      }
    };
  }, REGISTRY_START_MS);
  afterAll(() => (kind === 'real' ? undefined : documented.stop()));
  const run = Date.now();

  it('passes the kit', async () => {
    for (const test of formatKit<{ id: string }>({ format: avro({ schema: record([{ name: 'id', type: 'string' }]), registry, subject: `kit-${run}` }), values: [{ id: 'a' }, { id: '' }], malformed: ['{"id":"a"}', Uint8Array.of(0, 0, 9, 9, 9, 2, 97), new Uint8Array(3)], equal: same })) await test.run();
  });

  async function written(format: Format<unknown>, value: unknown, topic: string): Promise<Uint8Array> {
    const encoder = format.createEncoder();
    await encoder.start!({ topic });
    const bytes = new ByteWriter();
    encoder.encode(value, bytes);
    return bytes.toBytes();
  }

  async function evolve(name: string, from: object, to: object, value: unknown): Promise<unknown> {
    const subject = `${name}-${run}`;
    const writer = avro<unknown>({ schema: from, registry, subject });
    const reader = avro<unknown>({ schema: to, registry, subject });
    const encoder = writer.createEncoder();
    await encoder.start!({ topic: name });
    const bytes = new ByteWriter();
    encoder.encode(value, bytes);
    const decoder = decoderOf(reader);
    await decoder.prepare!(bytes.view(), 0, bytes.length);
    let found: unknown;
    decoder.decode(bytes.view(), 0, bytes.length, { record: (read) => (found = read) });
    return found;
  }

  const id = { name: 'id', type: 'string' };
  it('reads what was written with another version: added, removed, renamed, widened', async () => {
    expect(await evolve('added', record([id]), record([id, { name: 'tags', type: { type: 'array', items: 'string' }, default: ['x'] }]), { id: 'a' })).toEqual({ id: 'a', tags: ['x'] });
    expect(await evolve('removed', record([{ name: 'old', type: { type: 'map', values: 'long' } }, id]), record([id]), { old: new Map([['a', 1]]), id: 'a' })).toEqual({ id: 'a' });
    expect(await evolve('renamed', record([id]), record([{ name: 'key', aliases: ['id'], type: 'string' }], { name: 'Bill', aliases: ['Order'] }), { id: 'a' })).toEqual({ key: 'a' });
    expect(await evolve('widened', record([{ name: 'n', type: 'int' }, { name: 'm', type: 'long' }]), record([{ name: 'n', type: 'long' }, { name: 'm', type: ['null', 'double'] }]), { n: 1, m: 2 })).toEqual({ n: 1, m: 2 });
    expect(await evolve('enum', { type: 'enum', name: 'E', symbols: ['A', 'B'] }, { type: 'enum', name: 'E', symbols: ['A'], default: 'A' }, 'B')).toBe('A');
    expect(await evolve('union', ['null', 'int'], ['null', 'long', 'string'], 5)).toBe(5);
  });

  it('reads without a schema of its own each record with the one it was written with, and can then not write', async () => {
    const topic = `generic-${run}`;
    const format = avro<unknown>({ registry, timestampField: 'at' });
    expect(format.type).toEqual(t.dynamic);
    const decoder = format.createDecoder({ source: 'test', maxDepth: 128, topic });
    await decoder.start!();
    const found: unknown[] = [];
    for (const [logicalType, at] of [['timestamp-micros', 1_700_000_000_123_456n], ['timestamp-nanos', 1_700_000_000_123_456_789n]] as const) {
      const bytes = await written(avro<unknown>({ schema: record([id, { name: 'at', type: { type: 'long', logicalType } }]), registry, subject: `${topic}-${logicalType}` }), { id: logicalType, at }, topic);
      await decoder.prepare!(bytes, 0, bytes.length);
      decoder.decode(bytes, 0, bytes.length, { record: (value, timestamp) => found.push([value, timestamp]) });
    }
    expect(found).toEqual([[{ id: 'timestamp-micros', at: 1_700_000_000_123_456n }, 1_700_000_000_123], [{ id: 'timestamp-nanos', at: 1_700_000_000_123_456_789n }, 1_700_000_000_123]]);
    expect(() => format.createEncoder()).toThrow(AvroNotEncodable.code);
    expect(() => avro({})).toThrow(AvroSchemaInvalid.code);
  });

  it('takes the schema, and with it the type, from a subject when the job is built', async () => {
    const subject = `of-${run}-value`;
    await expect(avroOfSubject({ registry, subject })).rejects.toThrow('MR-4206');
    const first = await written(avro<unknown>({ schema: record([id]), registry, subject }), { id: 'a' }, '');
    await written(avro<unknown>({ schema: record([id, { name: 'n', type: 'long', default: 7 }]), registry, subject }), { id: 'a' }, '');
    const format = await avroOfSubject<unknown>({ registry, subject });
    expect(format.type).toEqual(t.struct({ id: t.string, n: t.number }));
    const decoder = decoderOf(format);
    await decoder.prepare!(first, 0, first.length);
    let found: unknown;
    decoder.decode(first, 0, first.length, { record: (value) => (found = value) });
    expect(found).toEqual({ id: 'a', n: 7 });
    const pinned = await avroOfSubject<unknown>({ registry, subject, version: 1, autoRegister: false });
    expect(pinned.type).toEqual(t.struct({ id: t.string }));
    expect([...(await written(pinned, { id: 'a' }, ''))]).toEqual([...first]);
    await registry.register(`json-${run}`, { type: 'JSON', schema: '{"type":"object"}' });
    await expect(avroOfSubject({ registry, subject: `json-${run}` })).rejects.toThrow(AvroIncompatible.code);
  });

  // The real one keeps no references: Apicurio does so from 2.2 on.
  if (kind === 'documented') it('registers what a schema refers to, and follows references of the registry, one behind the other', async () => {
    const [zip, address] = [`zip-${run}`, `address-${run}`];
    const references = [{
      name: 'shop.Address', subject: address, schema: record([{ name: 'zip', type: 'shop.Zip' }], { name: 'Address', namespace: 'shop' }),
      references: [{ name: 'shop.Zip', subject: zip, schema: { type: 'fixed', name: 'Zip', namespace: 'shop', size: 2 } }],
    }];
    const schema = record([{ name: 'from', type: 'shop.Address' }, { name: 'to', type: ['null', 'shop.Address'] }]);
    expect(() => avro({ schema, registry })).toThrow(AvroSchemaInvalid.code);
    const topic = `references-${run}`;
    const value = { from: { zip: Uint8Array.of(1, 2) }, to: null };
    const bytes = await written(avro<unknown>({ schema, references, registry }), value, topic);
    expect((await registry.latest(`${topic}-value`)).references).toEqual([{ name: 'shop.Address', subject: address, version: 1 }]);
    expect((await registry.latest(address)).references).toEqual([{ name: 'shop.Zip', subject: zip, version: 1 }]);
    for (const format of [avro<unknown>({ registry }), avro<unknown>({ schema, references, registry }), await avroOfSubject<unknown>({ registry, subject: `${topic}-value` })]) {
      const decoder = decoderOf(format);
      await decoder.prepare!(bytes, 0, bytes.length);
      let found: unknown;
      decoder.decode(bytes, 0, bytes.length, { record: (read) => (found = read) });
      expect(found).toEqual(value);
    }
    expect([...(await written(await avroOfSubject<unknown>({ registry, subject: `${topic}-value`, autoRegister: false }), value, topic))]).toEqual([...bytes]);
  });

  it('refuses to start a source that cannot read the newest schema (MR-4212), where it is asked', async () => {
    const topic = `newest-${run}`;
    const started = async (more: object): Promise<void> => avro({ schema: record([id]), registry, ...more }).createDecoder({ source: 'test', maxDepth: 128, topic }).start!();
    await started({});
    await avro({ schema: record([{ name: 'key', type: 'long' }]), registry }).createEncoder().start!({ topic });
    await expect(started({})).rejects.toThrow('MR-4212');
    await expect(started({})).rejects.toThrow('$.id was not written');
    await started({ checkLatest: false });
    await started({ schema: record([{ ...id, default: '' }]) });
  });

  it('refuses to start a sink whose schema is incompatible, and to read what does not go together (MR-4208, MR-4222)', async () => {
    const subject = `strict-${run}`;
    await avro({ schema: record([id]), registry, subject }).createEncoder().start!({});
    await registry.setCompatibility('BACKWARD', subject);
    const next = avro({ schema: record([id, { name: 'price', type: 'double' }]), registry, subject }).createEncoder();
    await expect(next.start!({})).rejects.toThrow('MR-4208');
    await expect(avro({ schema: record([{ name: 'other', type: 'int', default: 0 }]), registry, subject, autoRegister: false }).createEncoder().start!({})).rejects.toThrow('MR-4207');
    await expect(evolve('lost', record([id]), record([{ name: 'price', type: 'double' }]), { id: 'a' })).rejects.toThrow(AvroIncompatible.code);
    await expect(evolve('narrowed', record([{ name: 'n', type: 'long' }]), record([{ name: 'n', type: 'int' }]), { n: 1 })).rejects.toThrow('long was written');
    await expect(evolve('scale', { type: 'bytes', logicalType: 'decimal', precision: 5, scale: 2 }, { type: 'bytes', logicalType: 'decimal', precision: 5, scale: 3 }, '1.00')).rejects.toThrow('scale 2');
  });
});

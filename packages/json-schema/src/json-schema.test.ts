import { t } from '@millrace/core';
import { ByteWriter, type Decoder, type Format } from '@millrace/core/spi';
import { formatKit } from '@millrace/core/testing';
import { schemaRegistry, type SchemaRegistry, type SchemaText, wireHeader } from '@millrace/schema-registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentedRegistry } from '../../schema-registry/src/documented-registry.test-server.js';
import { realRegistryUrl, REGISTRY_START_MS, unavailable } from '../../schema-registry/src/registry.test-server.js';
import { checkNoConflict } from './conflict.js';
import { JsonDocumentMissing, JsonSchemaConflict, JsonSchemaInvalid, JsonSchemaMismatch, JsonSchemaNotEncodable, WriterSchemaNotJson } from './errors.js';
import { jsonSchema } from './json-schema.js';
import { jsonSchemaOfSubject } from './json-schema-of-subject.js';

interface Order { id: string; amount: number; tags?: string[]; '__proto__'?: number }

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });
const closed = (properties: object, more: object = {}): object => object(properties, { additionalProperties: false, ...more });
const ORDER = closed({ id: { type: 'string', minLength: 1 }, amount: { type: 'number', minimum: 0 }, tags: { type: 'array', items: { type: 'string' } } }, { required: ['id', 'amount'] });
const DRAFTS = ['http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2019-09/schema', 'https://json-schema.org/draft/2020-12/schema'];
const values: readonly Order[] = [{ id: 'ü €', amount: 0.5, tags: ['a', ''] }, { id: 'b', amount: 0 }];

const same = (left: unknown, right: unknown): boolean => {
  expect(left).toStrictEqual(right);
  return true;
};
const decoderOf = <T>(format: Format<T>): Decoder<T> => format.createDecoder({ source: 'test', maxDepth: 128 });

function encode(format: Format<unknown>, value: unknown): Uint8Array {
  const writer = new ByteWriter();
  format.createEncoder().encode(value, writer);
  return writer.toBytes();
}

function decode(format: Format<unknown>, document: unknown): { value: unknown; timestamp: number } {
  const bytes = document instanceof Uint8Array ? document : Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
  let found: { value: unknown; timestamp: number } | undefined;
  decoderOf(format).decode(bytes, 0, bytes.length, { record: (value, timestamp) => (found = { value, timestamp }) });
  return found!;
}

/** The pointer of what a document or a value does not fit at. */
function pointer(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return (error as { where: { path?: string } }).where.path;
  }
  return undefined;
}

describe('jsonSchema', () => {
  for (const $schema of DRAFTS) {
    for (const { name, run } of formatKit<Order>({ format: jsonSchema<Order>({ schema: { $schema, ...ORDER } }), values, malformed: ['{', '{"id":"a"}', '{"id":"","amount":1}', '{"id":"a","amount":1,"more":1}', '5'], equal: same })) it(`kit: ${name} (${$schema})`, run);
  }

  it('knows the drafts by their own keywords', () => {
    const tuple = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false };
    expect(pointer(() => decode(jsonSchema({ schema: { $schema: DRAFTS[2], ...tuple } }), ['a', 'b']))).toBe('#/1');
    expect(decode(jsonSchema({ schema: { $schema: DRAFTS[0], type: 'array', items: [{ type: 'string' }] } }), ['a', 5]).value).toEqual(['a', 5]);
    const unevaluated = { ...object({ a: {} }), allOf: [object({ b: {} })], unevaluatedProperties: false };
    expect(pointer(() => decode(jsonSchema({ schema: { $schema: DRAFTS[1], ...unevaluated } }), { a: 1, b: 2, c: 3 }))).toBe('#/c');
    expect(decode(jsonSchema({ schema: unevaluated }), { c: 3 }).value).toEqual({ c: 3 });
    for (const $schema of ['http://json-schema.org/draft-04/schema#', 'http://example.com/own']) expect(() => jsonSchema({ schema: { $schema } })).toThrow(JsonSchemaInvalid.code);
  });

  it('names the JSON pointer of what does not fit, when reading and when writing (MR-4262, MR-4263)', () => {
    const format = jsonSchema<unknown>({ schema: closed({ 'a/b~c': closed({ n: { type: 'integer' } }, { required: ['n'] }), list: { type: 'array', items: { type: 'string', format: 'date-time' } }, kind: { enum: ['x', 'y'] } }) });
    const wrong: readonly [unknown, string][] = [[{ 'a/b~c': { n: 1.5 } }, '#/a~1b~0c/n'], [{ 'a/b~c': {} }, '#/a~1b~0c/n'], [{ list: ['2026-01-01T00:00:00Z', 'now'] }, '#/list/1'], [{ more: 1 }, '#/more'], [[], '#'], [{ kind: 'z' }, '#/kind']];
    for (const [document, place] of wrong) {
      expect(pointer(() => decode(format, document))).toBe(place);
      expect(() => decode(format, document)).toThrow(JsonSchemaMismatch.code);
      expect(pointer(() => encode(format, document))).toBe(place);
      expect(() => encode(format, document)).toThrow(JsonSchemaNotEncodable.code);
    }
    expect(() => decode(format, { kind: 'z' })).toThrow('["x","y"]');
    expect(decode(jsonSchema({ schema: { type: 'string', format: 'email' }, formats: false }), '"nobody"').value).toBe('nobody');
    expect(() => decode(jsonSchema({ schema: { anyOf: [{ type: 'string' }, object({ n: { type: 'number' } }, { type: 'object' })] } }), { n: 'x' })).toThrow('#/n must be number');
  });

  it('sees a property only where the document has it itself', () => {
    const format = jsonSchema<Record<string, unknown>>({ schema: object({}, { required: ['toString'] }) });
    expect(pointer(() => decode(format, {}))).toBe('#/toString');
    expect(decode(format, '{"toString":1,"__proto__":{"a":1}}').value).toStrictEqual(JSON.parse('{"toString":1,"__proto__":{"a":1}}'));
  });

  it('writes what JSON makes of dates, maps and bigints, and checks that', () => {
    const schema = closed({ at: { type: 'string', format: 'date-time' }, by: object({}, { additionalProperties: { type: 'number' } }), big: { type: 'integer' }, gone: {} }, { minProperties: 3 });
    const format = jsonSchema<unknown>({ schema, timestampField: 'at' });
    const value = { at: new Date(1_700_000_000_123), by: new Map([['a', 1]]), big: 12n, gone: undefined };
    expect(Buffer.from(encode(format, value)).toString()).toBe('{"at":"2023-11-14T22:13:20.123Z","by":{"a":1},"big":12}');
    expect(decode(format, encode(format, value))).toEqual({ value: { at: '2023-11-14T22:13:20.123Z', by: { a: 1 }, big: 12 }, timestamp: 1_700_000_000_123 });
    expect(pointer(() => encode(format, { ...value, by: new Map([['a', 'x']]) }))).toBe('#/by/a');
    expect(pointer(() => encode(format, { at: 'now', by: {}, big: 1 }))).toBe('#/at');
    // Three properties, one of which is not written.
    expect(() => encode(format, { by: {}, big: 1, gone: undefined })).toThrow(JsonSchemaNotEncodable.code);
    expect(() => decode(jsonSchema({ schema: true, timestampField: 'at' }), { at: '2026-01-01' })).toThrow('MR-');
  });

  it('fills in defaults and leaves out what is unknown where it is told, and never changes what is written', () => {
    const schema = closed({ a: { type: 'string', default: 'x' }, b: closed({ c: { default: [1] } }) });
    const format = jsonSchema<unknown>({ schema, unknownProperties: 'drop' });
    expect(decode(format, { b: { d: 1 }, e: 2 }).value).toEqual({ a: 'x', b: { c: [1] } });
    expect(decode(jsonSchema({ schema, fillDefaults: false }), { b: {} }).value).toEqual({ b: {} });
    const value = Object.freeze({ b: Object.freeze({}) });
    expect(Buffer.from(encode(format, value)).toString()).toBe('{"b":{}}');
    expect(() => encode(format, { e: 2 })).toThrow(JsonSchemaNotEncodable.code);
  });

  it('gives types for closed objects, through references, and dynamic for the rest', () => {
    const schema = closed({ id: { $ref: '#/definitions/id' }, at: { type: ['integer', 'null'] }, items: { type: 'array', items: { $ref: 'item.json' } }, rest: object({}), self: { $ref: '#' } }, { required: ['id', 'items'], definitions: { id: { type: 'string' } } });
    const format = jsonSchema({ schema, references: [{ name: 'item.json', schema: closed({ n: { $ref: '#/$defs/n' } }, { required: ['n'], $defs: { n: { type: 'number' } } }) }] });
    expect(format.type).toEqual(t.struct({ id: t.string, at: t.optional(t.nullable(t.number)), items: t.list(t.struct({ n: t.number })), rest: t.optional(t.dynamic), self: t.optional(t.dynamic) }));
    for (const open of [true, {}, object({ a: {} }), { $ref: '#' }]) expect(jsonSchema({ schema: open }).type).toEqual(t.dynamic);
  });

  it('follows references by name and by address, and fetches nothing', () => {
    const schema = { $id: 'https://example.com/shop/order.json', ...object({ customer: { $ref: 'customer.json#/definitions/name' }, item: { $ref: 'https://example.com/item' } }) };
    const references = [{ name: 'customer.json', schema: JSON.stringify({ definitions: { name: { type: 'string' } } }) }, { name: 'item', schema: { $id: 'https://example.com/item', type: 'integer' } }];
    const format = jsonSchema({ schema, references });
    expect(decode(format, { customer: 'a', item: 1 }).value).toEqual({ customer: 'a', item: 1 });
    expect(pointer(() => decode(format, { customer: 1 }))).toBe('#/customer');
    expect(pointer(() => decode(format, { item: 'a' }))).toBe('#/item');
    const twice = { $id: 'https://example.com/n', type: 'integer' };
    const several = jsonSchema({ schema: object({ a: { $ref: 'first' }, b: { $ref: 'second' }, c: { $ref: 'https://example.com/n' } }), references: ['first', 'https://example.com/n', 'second'].map((name) => ({ name, schema: { ...twice } })) });
    for (const name of ['a', 'b', 'c']) expect(pointer(() => decode(several, { [name]: 'x' }))).toBe(`#/${name}`);
    expect(() => jsonSchema({ schema })).toThrow('customer.json');
    expect(() => jsonSchema({ schema: { $ref: '#/definitions/gone' } })).toThrow(JsonSchemaInvalid.code);
    for (const none of ['{', '5', [], { type: 'nothing' }, { minimum: 'x' }]) expect(() => jsonSchema({ schema: none })).toThrow(JsonSchemaInvalid.code);
    expect(() => jsonSchema({})).toThrow(JsonSchemaInvalid.code);
  });
});

describe('what two schemas contradict each other in', () => {
  const habits = { fillDefaults: true, dropUnknown: false };
  const contradiction = (writer: object, reader: object): string | undefined => pointer(() => checkNoConflict(writer as never, reader as never, habits));

  it('is found where every document would fail, and nowhere else (MR-4265)', () => {
    const written = closed({ a: { type: 'string' }, b: closed({ c: { type: 'integer' } }, { required: ['c'] }), list: { type: 'array', items: { type: 'number' }, minItems: 1 }, may: { type: 'string' } }, { required: ['a', 'b', 'list'] });
    expect(() => checkNoConflict({ type: 'string' }, { type: 'number' }, habits)).toThrow(JsonSchemaConflict.code);
    expect(contradiction({ type: 'integer' }, { type: ['null', 'number'] })).toBeUndefined();
    expect(contradiction({ type: 'number' }, { type: 'integer' })).toBeUndefined();
    expect(contradiction(written, object({ b: closed({ c: { type: 'string' } }) }))).toBe('#/b/c');
    expect(contradiction(written, object({ list: { type: 'array', items: { type: 'string' } } }))).toBe('#/list/0');
    expect(contradiction(written, object({ may: { type: 'number' } }))).toBeUndefined();
    expect(contradiction(written, object({}, { required: ['x/y'] }))).toBe('#/x~1y');
    expect(contradiction({ ...written, patternProperties: { x: {} } }, object({}, { required: ['x'] }))).toBeUndefined();
    expect(contradiction({ const: 1 }, { enum: [2] })).toBe('#');
    expect(contradiction({ anyOf: [{ type: 'string' }], type: 'string' }, { type: 'number' })).toBeUndefined();
  });
});

const REGISTRIES = ['documented', 'real'] as const;
for (const kind of REGISTRIES) {
  const skipped = kind === 'real' && unavailable !== undefined;
  describe.skipIf(skipped)(`jsonSchema with a ${kind} registry${skipped ? ` (skipped: ${unavailable})` : ''}`, () => {
    const documented = new DocumentedRegistry();
    let registry: SchemaRegistry;
    beforeAll(async () => {
      registry = schemaRegistry({ url: kind === 'real' ? await realRegistryUrl() : await documented.start(), retries: 1 });
    }, REGISTRY_START_MS);
    afterAll(() => (kind === 'real' ? undefined : documented.stop()));
    const run = Date.now();
    const id = { type: 'string' };

    async function written(format: Format<unknown>, value: unknown, topic: string): Promise<Uint8Array> {
      const encoder = format.createEncoder();
      await encoder.start!({ topic });
      const writer = new ByteWriter();
      encoder.encode(value, writer);
      return writer.toBytes();
    }

    async function read(format: Format<unknown>, bytes: Uint8Array): Promise<unknown> {
      const decoder = decoderOf(format);
      await decoder.prepare!(bytes, 0, bytes.length);
      let found: unknown;
      decoder.decode(bytes, 0, bytes.length, { record: (value) => (found = value) });
      return found;
    }

    it('passes the kit', async () => {
      const format = jsonSchema<Order>({ schema: ORDER, registry, subject: `kit-${run}` });
      expect([format.framing, format.separator]).toEqual(['none', '']);
      for (const test of formatKit<Order>({ format, values, malformed: ['{"id":"a","amount":1}', Uint8Array.of(0, 0, 9, 9, 9, 123, 125), new Uint8Array(3)], equal: same })) await test.run();
    });

    it('reads what was written with another version: added with a default, removed, widened', async () => {
      const topic = `evolve-${run}`;
      const first = await written(jsonSchema({ schema: closed({ id, old: { type: 'integer' } }, { required: ['id'] }), registry }), { id: 'a', old: 1 }, topic);
      const second = closed({ id: { type: ['string', 'null'] }, note: { type: 'string', default: 'none' } }, { required: ['id'] });
      expect(await read(jsonSchema({ schema: second, registry, unknownProperties: 'drop' }), first)).toEqual({ id: 'a', note: 'none' });
      await expect(read(jsonSchema({ schema: second, registry }), first)).rejects.toThrow('#/old');
    });

    it('refuses to start where the newest schema contradicts its own (MR-4212), and the sink whose schema is not compatible (MR-4208)', async () => {
      const topic = `newest-${run}`;
      const started = async (schema: object, more: object = {}): Promise<void> => jsonSchema({ schema, registry, ...more }).createDecoder({ source: 'test', maxDepth: 128, topic }).start!();
      const own = closed({ id, price: { type: 'number' } }, { required: ['id', 'price'] });
      await started(own);
      documented.settings.incompatible = () => 'so it is';
      await jsonSchema({ schema: closed({ id, kind: { $ref: '#/definitions/kind' } }, { required: ['kind'], definitions: { kind: { enum: ['a', 'b'] } } }), registry }).createEncoder().start!({ topic });
      await registry.setCompatibility('BACKWARD', `${topic}-value`);
      await expect(started(own)).rejects.toThrow('MR-4212');
      await expect(started(own)).rejects.toThrow('the property is required, is not written, and has no default');
      await started(own, { checkLatest: false });
      await expect(started(closed({ id }))).rejects.toThrow('refuses properties');
      await started(closed({ id }), { unknownProperties: 'drop' });
      await started(object({ price: { default: 0 } }, { required: ['price'] }));
      await expect(started(object({ kind: { type: 'string', enum: ['c'] } }))).rejects.toThrow('none of the written values');
      await expect(jsonSchema({ schema: own, registry }).createEncoder().start!({ topic })).rejects.toThrow('MR-4208');
      delete documented.settings.incompatible;
    });

    it('checks each record with the schema it was written with, where the format has none', async () => {
      const bytes = await written(jsonSchema({ schema: { title: 'Thing', ...closed({ id }) }, registry, subject: ({ topic, recordName }) => `${topic}-${recordName}` }), { id: 'a' }, `own-${run}`);
      expect((await registry.latest(`own-${run}-Thing`)).type).toBe('JSON');
      expect(await read(jsonSchema({ registry }), bytes)).toEqual({ id: 'a' });
      const other = Buffer.concat([bytes.subarray(0, 5), Buffer.from('{"id":1}')]);
      await expect(read(jsonSchema({ registry }), other)).rejects.toThrow(JsonSchemaMismatch.code);
      await expect(read(jsonSchema({ registry }), bytes.subarray(0, 5))).rejects.toThrow(JsonDocumentMissing.code);
      expect(() => jsonSchema({ registry }).createEncoder()).toThrow(JsonSchemaNotEncodable.code);
      const avro: SchemaText = { type: 'AVRO', schema: '{"type":"record","name":"A","fields":[]}' };
      const foreign = Buffer.concat([wireHeader(await registry.register(`avro-${run}`, avro)), Buffer.from('{}')]);
      await expect(read(jsonSchema({ registry }), foreign)).rejects.toThrow(WriterSchemaNotJson.code);
    });

    it('takes the schema, and with it the type, from a subject when the job is built', async () => {
      const subject = `of-${run}`;
      await expect(jsonSchemaOfSubject({ registry, subject })).rejects.toThrow('MR-4206');
      const bytes = await written(jsonSchema({ schema: closed({ id }, { required: ['id'] }), registry, subject }), { id: 'a' }, '');
      const format = await jsonSchemaOfSubject<unknown>({ registry, subject, version: 1, autoRegister: false });
      expect(format.type).toEqual(t.struct({ id: t.string }));
      expect(await read(format, bytes)).toEqual({ id: 'a' });
      expect([...(await written(format, { id: 'a' }, ''))]).toEqual([...bytes]);
      await registry.register(`record-${run}`, { type: 'AVRO', schema: '{"type":"record","name":"A","fields":[]}' });
      await expect(jsonSchemaOfSubject({ registry, subject: `record-${run}` })).rejects.toThrow(WriterSchemaNotJson.code);
    });

    // The real one keeps no references: Apicurio does so from 2.2 on.
    if (kind === 'documented') it('registers what a schema refers to, and follows references of the registry', async () => {
      const address = { name: 'address.json', subject: `address-${run}`, schema: { type: 'string', minLength: 2 } };
      const customer = { name: 'customer.json', subject: `customer-${run}`, schema: closed({ address: { $ref: 'address.json' } }), references: [address] };
      const schema = closed({ customer: { $ref: 'customer.json' } });
      const topic = `references-${run}`;
      const strict = jsonSchema({ schema, references: [customer], registry, autoRegister: false });
      await expect(written(strict, {}, topic)).rejects.toThrow('MR-4207');
      const bytes = await written(jsonSchema({ schema, references: [customer], registry }), { customer: { address: 'ab' } }, topic);
      expect([...(await written(strict, { customer: { address: 'ab' } }, topic))]).toEqual([...bytes]);
      expect((await registry.latest(`${topic}-value`)).references).toEqual([{ name: 'customer.json', subject: `customer-${run}`, version: 1 }]);
      expect(await read(jsonSchema({ registry }), bytes)).toEqual({ customer: { address: 'ab' } });
      const wrong = Buffer.concat([bytes.subarray(0, 5), Buffer.from('{"customer":{"address":"a"}}')]);
      await expect(read(jsonSchema({ registry }), wrong)).rejects.toThrow('#/customer/address');
      await expect(written(jsonSchema({ schema: { ...schema, title: 'no subject' }, references: [{ name: 'customer.json', schema: true }], registry }), {}, topic)).rejects.toThrow('MR-4201');
    });
  });
}

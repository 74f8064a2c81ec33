import { secret } from '@millrace/core';
import { encodeUtf8, nodePlatform } from '@millrace/core/spi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentedRegistry } from './documented-registry.test-server.js';
import { ConnectorCannotWait, LatestUnreadable, RegistryDenied, RegistryOptionInvalid, RegistryRefused, RegistryUnreachable, SchemaIncompatible, SchemaNotRegistered, SchemaRefused, SchemaUnknown, SubjectUnknown, WireFormatInvalid } from './errors.js';
import { LatestCheck } from './latest-check.js';
import { realRegistryUrl, REGISTRY_START_MS, unavailable } from './registry.test-server.js';
import { WriterSchemas, WrittenSchema } from './registered-schemas.js';
import { SchemaRegistry, schemaRegistry, type SchemaText } from './schema-registry.js';
import { unnamedType } from './schema-type.js';
import { recordName, subjectOf, topicName, topicRecordName } from './subjects.js';
import { messageIndexBytes, messageIndexesAt, schemaIdAt, wireHeader } from './wire-format.js';

const order = (...fields: readonly object[]): SchemaText => ({ type: 'AVRO', schema: JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'id', type: 'string' }, ...fields] }) });
const documented = new DocumentedRegistry();
let url = '';

beforeAll(async () => {
  url = await documented.start();
});
afterAll(() => documented.stop());

for (const kind of ['documented', 'real'] as const) {
  const skipped = kind === 'real' && unavailable !== undefined;
  describe.skipIf(skipped)(`a ${kind} registry${skipped ? ` (skipped: ${unavailable})` : ''}`, () => {
    let address = '';
    beforeAll(async () => {
      address = kind === 'real' ? await realRegistryUrl() : url;
    }, REGISTRY_START_MS);
    const registry = (): ReturnType<typeof schemaRegistry> => schemaRegistry({ url: address, retries: 0 });
    const subject = `subject ${Date.now()}/ü-value`;

    it('registers, finds and gives schemas back', async () => {
      documented.settings.incompatible = (schema) => (schema.includes('"default"') ? undefined : 'READER_FIELD_MISSING_DEFAULT_VALUE');
      const client = registry();
      await expect(client.latest(subject)).rejects.toSatisfy(SubjectUnknown.is);
      await expect(client.lookup(subject, order())).rejects.toSatisfy(SchemaNotRegistered.is);
      expect(await client.checkCompatibility(subject, order())).toEqual({ compatible: true, messages: [] });
      const id = await client.register(subject, order());
      expect(await registry().register(subject, order())).toBe(id);
      expect(await client.lookup(subject, order())).toBe(id);
      const found = await registry().schemaById(id);
      expect({ ...found, schema: JSON.parse(found.schema) as unknown }).toEqual({ id, type: 'AVRO', schema: JSON.parse(order().schema) as unknown, references: [] });
      await client.setCompatibility('BACKWARD', subject);
      expect(await client.compatibility(subject)).toBe('BACKWARD');
      const next = order({ name: 'note', type: 'string', default: '' });
      expect((await client.checkCompatibility(subject, next)).compatible).toBe(true);
      await client.register(subject, next);
      expect(await client.versions(subject)).toEqual([1, 2]);
      expect((await client.latest(subject)).version).toBe(2);
      expect((await client.version(subject, 1)).id).toBe(id);
      expect(await client.subjects()).toContain(subject);
    });

    it('refuses what is incompatible, no schema, or unknown, each by its code', async () => {
      const client = registry();
      const breaking = order({ name: 'price', type: 'double' });
      expect((await client.checkCompatibility(subject, breaking)).compatible).toBe(false);
      await expect(client.register(subject, breaking)).rejects.toSatisfy(SchemaIncompatible.is);
      // Apicurio takes any text unless a rule of its own asks for validity.
      if (kind === 'documented') await expect(client.register('other', { type: 'AVRO', schema: 'no schema' })).rejects.toSatisfy(SchemaRefused.is);
      await expect(client.schemaById(987_654)).rejects.toSatisfy(SchemaUnknown.is);
      await expect(client.version(subject, 99)).rejects.toSatisfy(SubjectUnknown.is);
      await expect(client.lookup(subject, breaking)).rejects.toSatisfy(SchemaNotRegistered.is);
    });
  });
}

describe('the client', () => {
  it('asks once for what never changes, also when many ask at the same time, and again after a failure', async () => {
    const client = schemaRegistry({ url, retries: 0 });
    const id = await client.register('once', order());
    const asked = (): number => documented.requests.filter(({ path }) => path === `/schemas/ids/${id}`).length;
    const before = asked();
    documented.settings.interfere = () => 40403;
    await expect(Promise.all([client.schemaById(id), client.schemaById(id)])).rejects.toSatisfy(SchemaUnknown.is);
    delete documented.settings.interfere;
    const [one, two] = await Promise.all([client.schemaById(id), client.schemaById(id)]);
    expect(one).toBe(two);
    expect(asked() - before).toBe(2);
  });

  it('tries again with patience, and at other addresses', async () => {
    let failures = 2;
    documented.settings.interfere = () => (failures-- > 0 ? 503 : undefined);
    expect(await schemaRegistry({ url, retries: 2 }).compatibility()).toBe('BACKWARD');
    delete documented.settings.interfere;
    expect(await schemaRegistry({ url: `http://127.0.0.1:1, ${url}`, retries: 0 }).compatibility()).toBe('BACKWARD');
    await expect(schemaRegistry({ url: 'http://127.0.0.1:1', retries: 1 }).compatibility()).rejects.toSatisfy(RegistryUnreachable.is);
    documented.settings.interfere = () => 'silence';
    await expect(schemaRegistry({ url, retries: 0, timeout: 50 }).compatibility()).rejects.toThrow('no answer in 50 ms');
    documented.settings.interfere = () => 500;
    await expect(schemaRegistry({ url, retries: 0 }).compatibility()).rejects.toSatisfy(RegistryUnreachable.is);
    documented.settings.interfere = () => 418;
    await expect(schemaRegistry({ url, retries: 0 }).compatibility()).rejects.toSatisfy(RegistryRefused.is);
    documented.settings.interfere = () => 401;
    await expect(schemaRegistry({ url, retries: 5 }).compatibility()).rejects.toSatisfy(RegistryDenied.is);
    delete documented.settings.interfere;
  });

  it('does not take an address without a registry for one that knows nothing (MR-4204)', async () => {
    documented.settings.interfere = () => 404;
    try {
      const client = schemaRegistry({ url, retries: 0 });
      const asked = [() => client.schemaById(7), () => client.latest('any'), () => client.versions('any'), () => client.lookup('any', order()), () => client.checkCompatibility('any', order()), () => client.compatibility('any')];
      for (const ask of asked) await expect(ask()).rejects.toSatisfy(RegistryRefused.is);
      await expect(client.compatibility('any')).rejects.toThrow(/ was refused: 404 (?!\()/);
      await expect(new WriterSchemas(client, ({ schema }) => schema).prepare(Uint8Array.of(...wireHeader(7), 1), 0, 6)).rejects.toSatisfy(RegistryRefused.is);
    } finally {
      delete documented.settings.interfere;
    }
  });

  it('says who it is, and shows no secret', async () => {
    await schemaRegistry({ url, auth: { username: 'ann', password: secret.value('pass') } }).subjects();
    expect(documented.requests.at(-1)!.authorization).toBe(`Basic ${Buffer.from('ann:pass').toString('base64')}`);
    await schemaRegistry({ url, auth: { token: secret.value('abc') } }).subjects();
    expect(documented.requests.at(-1)!.authorization).toBe('Bearer abc');
    expect(() => schemaRegistry({ url: 'http://ann:pass@host' })).toThrow(RegistryOptionInvalid.code);
    expect(() => schemaRegistry({ url: 'host:8081' })).toThrow('http or https');
    expect(() => schemaRegistry({ url, retries: -1 })).toThrow('retries');
  });

  it('follows references', async () => {
    const client = schemaRegistry({ url });
    await client.register('inner', { type: 'AVRO', schema: '{"type":"fixed","name":"F","size":1}' });
    await client.register('middle', { ...order(), references: [{ name: 'F', subject: 'inner', version: 1 }] });
    const found = await client.resolveReferences({ ...order(), references: [{ name: 'Middle', subject: 'middle', version: 1 }] });
    // What is referred to comes before what refers to it.
    expect([...found.keys()]).toEqual(['F', 'Middle']);
    const several = await client.resolveReferences({ ...order(), references: [{ name: 'F', subject: 'inner', version: 1 }, { name: 'Middle', subject: 'middle', version: 1 }] });
    expect([...several.keys()]).toEqual(['F', 'Middle']);
    const other = await client.resolveReferences({ ...order(), references: [{ name: 'Middle', subject: 'middle', version: 1 }, { name: 'F', subject: 'inner', version: 1 }] });
    expect([...other.keys()]).toEqual(['F', 'Middle']);
  });
});

describe('what formats share', () => {
  const frame = (id: number): Uint8Array => Uint8Array.of(...wireHeader(id), 7);

  it('puts ids and message types before the payload', () => {
    expect([...wireHeader(0x01020304)]).toEqual([0, 1, 2, 3, 4]);
    expect(schemaIdAt(frame(70_000), 0, 6)).toBe(70_000);
    for (const wrong of [encodeUtf8('{"a":1}'), Uint8Array.of(0, 1), new Uint8Array(0)]) expect(() => schemaIdAt(wrong, 0, wrong.length)).toThrow(WireFormatInvalid.code);
    for (const indexes of [[0], [1], [0, 0], [2, 1, 300]]) {
      const bytes = messageIndexBytes(indexes);
      expect(messageIndexesAt(bytes, 0, bytes.length)).toEqual({ indexes, end: bytes.length });
    }
    expect([...messageIndexBytes([1, 0])]).toEqual([4, 2, 0]);
    expect(() => messageIndexesAt(Uint8Array.of(4, 2), 0, 2)).toThrow(WireFormatInvalid.code);
  });

  it('tells the kind of a schema that the registry does not name', () => {
    const kinds: readonly (readonly [string, string])[] = [
      ['{"type":"record","name":"A","fields":[]}', 'AVRO'], ['"string"', 'AVRO'], ['["null","int"]', 'AVRO'], ['{"type":{"type":"array","items":"int"}}', 'AVRO'], ['{"type":"string"}', 'AVRO'],
      ['{"type":"object"}', 'JSON'], ['{"type":["string","null"]}', 'JSON'], ['{"$ref":"a"}', 'JSON'], ['true', 'JSON'], ['{"$schema":"x","type":"string"}', 'JSON'],
      ['// orders\nsyntax = "proto3";', 'PROTOBUF'], ['message A {}', 'PROTOBUF'], ['nonsense', 'AVRO'],
    ];
    for (const [schema, kind] of kinds) expect([schema, unnamedType(schema)]).toEqual([schema, kind]);
  });

  it('names subjects', () => {
    const context = { topic: 'orders', isKey: false, recordName: 'shop.Order' };
    expect([undefined, topicName, recordName, topicRecordName, 'own'].map((strategy) => subjectOf(strategy, context))).toEqual(['orders-value', 'orders-value', 'shop.Order', 'orders-shop.Order', 'own']);
    expect(subjectOf(undefined, { ...context, isKey: true })).toBe('orders-key');
    expect(() => subjectOf(undefined, { ...context, topic: undefined })).toThrow(RegistryOptionInvalid.code);
  });

  it('tells the fault of a record from that of the registry', async () => {
    const client = schemaRegistry({ url, retries: 0 });
    const id = await client.register('shared', order());
    const schemas = new WriterSchemas(client, ({ schema }) => schema);
    expect(() => schemas.readerOf(frame(id), 0, 6)).toThrow(ConnectorCannotWait.code);
    await schemas.prepare(frame(id), 0, 6);
    expect(schemas.prepare(frame(id), 0, 6)).toBeUndefined();
    expect(schemas.readerOf(frame(id), 0, 6)).toBe(order().schema);
    await schemas.prepare(frame(555), 0, 6);
    expect(() => schemas.readerOf(frame(555), 0, 6)).toThrow(SchemaUnknown.code);
    documented.settings.interfere = () => 503;
    await expect(schemas.prepare(frame(556), 0, 6)).rejects.toSatisfy(RegistryUnreachable.is);
    delete documented.settings.interfere;
    // The registry fails while what the schema refers to is asked for: the next record asks again.
    const linked = await client.register('linked', { ...order({ name: 'f', type: 'F', default: '' }), references: [{ name: 'F', subject: 'inner', version: 1 }] });
    const references = new WriterSchemas(client, async (schema) => [...(await client.resolveReferences(schema)).keys()]);
    for (const [status, kind] of [[503, RegistryUnreachable], [401, RegistryDenied], [400, RegistryRefused]] as const) {
      documented.settings.interfere = (path) => (path.startsWith('/subjects/inner') ? status : undefined);
      await expect(references.prepare(frame(linked), 0, 6)).rejects.toSatisfy(kind.is);
    }
    delete documented.settings.interfere;
    await references.prepare(frame(linked), 0, 6);
    expect(references.readerOf(frame(linked), 0, 6)).toEqual(['F']);
    const broken = new WriterSchemas(client, () => Promise.reject(new Error('no parser')));
    await broken.prepare(frame(id), 0, 6);
    expect(() => broken.readerOf(frame(id), 0, 6)).toThrow('no parser');
  });

  it('asks again, after a while, for an id that was unknown, and keeps no more than a thousand answers', async () => {
    let now = 0;
    const client = new SchemaRegistry({ url, retries: 0 }, { ...nodePlatform(), clock: { now: () => now, monotonicMs: () => now } });
    const schemas = new WriterSchemas(client, ({ schema }) => schema);
    documented.settings.interfere = (path) => (path.startsWith('/schemas/ids/') ? 40403 : undefined);
    const id = await client.register('soon', order({ name: 'soon', type: 'string', default: '' }));
    await schemas.prepare(frame(id), 0, 6);
    expect(() => schemas.readerOf(frame(id), 0, 6)).toThrow(SchemaUnknown.code);
    delete documented.settings.interfere;
    expect(schemas.prepare(frame(id), 0, 6)).toBeUndefined();
    now = 10_000;
    await schemas.prepare(frame(id), 0, 6);
    expect(schemas.readerOf(frame(id), 0, 6)).toContain('soon');
    for (let unknown = 10_000; unknown <= 11_000; unknown++) await schemas.prepare(frame(unknown), 0, 6);
    expect(schemas.prepare(frame(11_000), 0, 6)).toBeUndefined();
    expect(schemas.prepare(frame(10_000), 0, 6)).toBeInstanceOf(Promise);
  });

  it('registers before the first record, or finds the schema registered', async () => {
    const client = schemaRegistry({ url, retries: 0 });
    const written = new WrittenSchema({ registry: client, autoRegister: false }, order(), 'Order');
    const out = { utf8: () => undefined, bytes: () => undefined };
    expect(() => written.writeHeader(out)).toThrow(ConnectorCannotWait.code);
    await expect(written.start({ topic: 'late' })).rejects.toSatisfy(SchemaNotRegistered.is);
    await new WrittenSchema({ registry: client }, order(), 'Order').start({ topic: 'late' });
    await written.start({ topic: 'late' });
    written.writeHeader(out);
  });

  it('checks at the start of a source that the newest schema can be read', async () => {
    const client = schemaRegistry({ url, retries: 0 });
    const read: string[] = [];
    const check = new LatestCheck({ registry: client }, 'Order', ({ schema }) => {
      read.push(schema);
      if (schema.includes('price')) throw SchemaRefused.error({ what: 'no price is known' });
    });
    const at = { source: 'test', maxDepth: 9, topic: 'checked' };
    await check.start(at);
    await client.register('checked-value', order());
    await Promise.all([check.start(at), check.start(at)]);
    expect(read).toEqual([order().schema]);
    await client.register('checked-value', order({ name: 'price', type: 'double', default: 0 }));
    await expect(check.start(at)).rejects.toSatisfy(LatestUnreadable.is);
    await expect(check.start(at)).rejects.toThrow('version 2 of checked-value');
    // That the registry fails half-way says nothing of the schema.
    const halfway = new LatestCheck({ registry: client }, 'Order', () => client.versions('checked-value'));
    documented.settings.interfere = (path) => (path.endsWith('/versions') ? 503 : undefined);
    await expect(halfway.start(at)).rejects.toSatisfy(RegistryUnreachable.is);
    delete documented.settings.interfere;
    await check.start({ ...at, isKey: true });
    expect(check.start({ source: 'test', maxDepth: 9 })).toBeUndefined();
    expect(new LatestCheck({ registry: client, checkLatest: false }, 'Order', () => undefined).start(at)).toBeUndefined();
  });
});

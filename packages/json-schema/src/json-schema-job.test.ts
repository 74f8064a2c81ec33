import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeadLetter, redrive, StreamEnvironment } from '@millrace/core';
import { encodeUtf8, type Format, type Sink } from '@millrace/core/spi';
import { EventLog, eventLogSink, eventLogSource } from '@millrace/event-log';
import { schemaRegistry, wireHeader } from '@millrace/schema-registry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DocumentedRegistry } from '../../schema-registry/src/documented-registry.test-server.js';
import { jsonSchema, type JsonSchemaOptions } from './json-schema.js';

interface Order { id: string; lines: { n: number }[]; at: string }

const SCHEMA = {
  type: 'object', required: ['id', 'lines', 'at'], additionalProperties: false,
  properties: { id: { type: 'string' }, at: { type: 'string', format: 'date-time' }, lines: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } } },
};
const documented = new DocumentedRegistry();
const folder = mkdtempSync(join(tmpdir(), 'millrace-json-schema-job-'));
let url = '';
beforeAll(async () => {
  url = await documented.start();
});
afterAll(async () => {
  await documented.stop();
  rmSync(folder, { recursive: true });
});

const orders = (more: Partial<JsonSchemaOptions> = {}): Format<Order> => jsonSchema<Order>({ schema: SCHEMA, registry: schemaRegistry({ url, retries: 0 }), subject: 'orders', timestampField: 'at', ...more });

/** A sink into an array of this thread. */
function into<T>(rows: T[]): Sink<T> {
  return { kind: 'array', guarantee: 'at-least-once', createWriter: () => ({ write: (value) => void rows.push(value), close() {} }) };
}

it('a job puts documents that do not fit among the dead letters, with their place and the pointer, and reads on', async () => {
  const log = EventLog.create(join(folder, 'log'), { partitions: 1 });
  const write = StreamEnvironment.create();
  write.fromElements<Order>({ id: 'a', lines: [{ n: 1 }], at: '2026-01-01T00:00:00Z' }).sinkTo(eventLogSink({ directory: log.directory, format: orders() }));
  await write.execute('writing');
  const id = await schemaRegistry({ url }).lookup('orders', { type: 'JSON', schema: JSON.stringify(SCHEMA) });
  const frame = (text: string, schema: number = id): Uint8Array => Uint8Array.of(...wireHeader(schema), ...encodeUtf8(text));
  const good = '{"id":"b","lines":[],"at":"2026-01-01T00:00:01Z"}';
  const wrong = [frame('{"id":"x","lines":[{"n":1},{"n":"2"}],"at":"2026-01-01T00:00:00Z"}'), frame('{"id":"x"'), frame(good, 9_999), encodeUtf8(good), frame(' ')];
  const writer = log.writer(0);
  for (const value of [...wrong, frame(good)]) writer.append({ value, timestamp: 1 });
  writer.close();

  const [rows, letters]: [[string, number][], DeadLetter[]] = [[], []];
  const read = StreamEnvironment.create();
  read.fromSource(eventLogSource({ directory: log.directory, format: orders({ onError: 'deadLetter' }), until: 'latest' }), { name: 'orders' })
    .deadLetterTo(into(letters))
    .process({ processElement: (order, context, out) => out.collect([order.id, context.timestamp!]) })
    .sinkTo(into(rows));
  await read.execute('reading');
  expect(rows).toEqual([['a', Date.UTC(2026, 0, 1)], ['b', Date.UTC(2026, 0, 1, 0, 0, 1)]]);
  expect(letters.map(({ reason }) => reason.slice(0, 7))).toEqual(['MR-4262', 'MR-2101', 'MR-4205', 'MR-4210', 'MR-4266']);
  expect(letters[0]!.reason).toContain('#/lines/1/n');
  expect(letters.map(({ source, offset, raw }) => [source, offset, raw])).toEqual(wrong.map((raw, n) => ['orders', n + 1, raw]));

  // Without the id of the schema in front, and with a schema that takes it.
  const back: unknown[] = [];
  const again = StreamEnvironment.create();
  again.fromElements({ ...letters[0]!, raw: letters[0]!.raw.slice(5) }).flatMap(redrive(jsonSchema({ schema: { ...SCHEMA, properties: { ...SCHEMA.properties, lines: {} } } }))).sinkTo(into(back));
  await again.execute('once more');
  expect(back).toEqual([{ id: 'x', lines: [{ n: 1 }, { n: '2' }], at: '2026-01-01T00:00:00Z' }]);
});

it('a job does not start where the newest schema contradicts its own (MR-4212)', async () => {
  const log = EventLog.create(join(folder, 'newest'), { partitions: 1 });
  await schemaRegistry({ url }).register('newest', { type: 'JSON', schema: '{"type":"object","properties":{"id":{"type":"number"}},"required":["id"],"additionalProperties":false}' });
  const env = StreamEnvironment.create();
  env.fromSource(eventLogSource({ directory: log.directory, format: orders({ subject: 'newest' }), until: 'latest' })).sinkTo(into([]));
  await expect(env.execute('reading')).rejects.toThrow('MR-4212');
});

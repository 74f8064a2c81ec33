import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeadLetter, raw, redrive, redriveAsync, redriven, StreamEnvironment } from '@millrace/core';
import { encodeUtf8, type Sink } from '@millrace/core/spi';
import { EventLog, eventLogSink, eventLogSource } from '@millrace/event-log';
import { schemaRegistry, wireHeader } from '@millrace/schema-registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentedRegistry } from '../../schema-registry/src/documented-registry.test-server.js';
import { protobuf, type ProtobufOptions } from './protobuf.js';

interface Order { id: string; cents: number; at: number }

const made: string[] = [];
const documented = new DocumentedRegistry();
let url = '';
beforeAll(async () => {
  url = await documented.start();
});
afterAll(async () => {
  await documented.stop();
  for (const path of made) rmSync(path, { recursive: true });
});

function newLog(): EventLog {
  const path = mkdtempSync(join(tmpdir(), 'millrace-protobuf-job-'));
  made.push(path);
  return EventLog.create(join(path, 'log'), { partitions: 1 });
}

/** A sink into an array of this thread. */
function into<T>(rows: T[]): Sink<T> {
  return { kind: 'array', guarantee: 'at-least-once', createWriter: () => ({ write: (value) => void rows.push(value), close() {} }) };
}

const ORDER = 'syntax = "proto3"; package shop; message Order { string id = 1; sint64 cents = 2; int64 at = 3; }';
const orders = (more: Partial<ProtobufOptions> = {}): ReturnType<typeof protobuf<Order>> => protobuf<Order>({ schema: ORDER, registry: schemaRegistry({ url, retries: 0 }), subject: 'orders', timestampField: 'at', ...more });

async function write(log: EventLog, rows: readonly Order[], format: ReturnType<typeof protobuf<Order>> = orders()): Promise<void> {
  const env = StreamEnvironment.create();
  env.fromElements(...rows).sinkTo(eventLogSink({ directory: log.directory, format }));
  await env.execute('writing');
}

function append(log: EventLog, ...frames: readonly Uint8Array[]): void {
  const writer = log.writer(0);
  for (const value of frames) writer.append({ value, timestamp: 1 });
  writer.close();
}

describe('jobs with protobuf', () => {
  it('write and read with a registry, and put what cannot be decoded among the dead letters, with its place', async () => {
    const log = newLog();
    await write(log, [{ id: 'a', cents: 5, at: 1e12 }, { id: 'b', cents: -5, at: 2e12 }]);
    const id = await schemaRegistry({ url }).lookup('orders', { type: 'PROTOBUF', schema: ORDER });
    const frame = (...bytes: readonly number[]): Uint8Array => Uint8Array.of(...wireHeader(id), ...bytes);
    append(log, frame(0, 10, 9, 97), frame(4, 5), encodeUtf8('{"id":"c"}'), Uint8Array.of(0, 0, 0, 99, 99, 0), frame(0, 10, 1, 99, 16, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1));
    await write(log, [{ id: 'd', cents: 7, at: 3e12 }]);

    const rows: Order[] = [];
    const letters: DeadLetter[] = [];
    const env = StreamEnvironment.create();
    env.fromSource(eventLogSource({ directory: log.directory, format: orders({ onError: 'deadLetter' }), until: 'latest' }), { name: 'orders' })
      .deadLetterTo(into(letters))
      .sinkTo(into(rows));
    await env.execute('reading');
    expect(rows.map(({ id: order, cents, at }) => [order, cents, at])).toEqual([['a', 5, 1e12], ['b', -5, 2e12], ['d', 7, 3e12]]);
    expect(letters.map(({ reason, source, offset }) => [reason.slice(0, 7), source, offset])).toEqual([['MR-4243', 'orders', 2], ['MR-4210', 'orders', 3], ['MR-4210', 'orders', 4], ['MR-4205', 'orders', 5], ['MR-4244', 'orders', 6]]);
    expect(letters[0]!.reason).toContain('at $.id: 9 bytes were to follow, and 1 are left');

    const again = StreamEnvironment.create();
    const back: unknown[] = [];
    const exact = protobuf<Order>({ schema: ORDER, longs: 'bigint' });
    again.fromElements({ ...letters[4]!, raw: letters[4]!.raw.slice(6) }).flatMap(redrive(exact)).sinkTo(into(back));
    await again.execute('again');
    expect(back).toEqual([{ id: 'c', cents: -(2n ** 63n), at: 0n }]);
  });

  it('decode dead letters once more with a registry, which redrive cannot wait for (MR-4211) and redriveAsync can', async () => {
    const log = newLog();
    await write(log, [{ id: 'a', cents: 5, at: 1e12 }, { id: 'b', cents: -5, at: 2e12 }]);
    const raws: Uint8Array[] = [];
    const reading = StreamEnvironment.create();
    reading.fromSource(eventLogSource({ directory: log.directory, format: raw('bytes'), until: 'latest' })).sinkTo(into(raws));
    await reading.execute('raw');
    const letters = raws.map((bytes, offset): DeadLetter => ({ reason: 'MR-4210', operator: 'orders', source: 'orders', split: '0', offset, raw: bytes }));

    const refused = StreamEnvironment.create();
    refused.fromElements(...letters).flatMap(redrive(orders())).sinkTo(into([]));
    await expect(refused.execute('refused')).rejects.toThrow('MR-4211');

    const again = StreamEnvironment.create();
    const back: Order[] = [];
    again.fromElements(...letters).asyncMap(redriveAsync(orders()), { timeout: '30 s' }).flatMap(redriven<Order>).sinkTo(into(back));
    await again.execute('again');
    expect(back).toEqual([{ id: 'a', cents: 5, at: 1e12 }, { id: 'b', cents: -5, at: 2e12 }]);
  });

  it('fail with the place of a record that cannot be decoded', async () => {
    const log = newLog();
    append(log, Uint8Array.of(10, 1, 97), Uint8Array.of(10, 9, 97));
    const env = StreamEnvironment.create();
    env.fromSource(eventLogSource({ directory: log.directory, format: protobuf<Order>({ schema: ORDER }), until: 'latest' }), { name: 'orders' }).sinkTo(into([]));
    await expect(env.execute('failing')).rejects.toThrow(/MR-4243[^]*\$\.id[^]*offset 1/);
  });

  it('do not start where the newest schema cannot be read, or is not compatible', async () => {
    const log = newLog();
    await write(log, [{ id: 'a', cents: 5, at: 1e12 }]);
    await schemaRegistry({ url }).register('orders', { type: 'PROTOBUF', schema: ORDER.replace('sint64 cents', 'double cents') });
    const rows: Order[] = [];
    const reading = async (more: Partial<ProtobufOptions>): Promise<void> => {
      const env = StreamEnvironment.create();
      env.fromSource(eventLogSource({ directory: log.directory, format: orders(more), until: 'latest' }), { name: 'orders' }).sinkTo(into(rows));
      await env.execute('reading');
    };
    await expect(reading({})).rejects.toThrow(/MR-4212[^]*version 2 of orders[^]*MR-4242/);
    expect(rows).toEqual([]);
    await reading({ checkLatest: false });
    await reading({ onError: 'skip' });
    expect(rows).toHaveLength(2);
    documented.settings.incompatible = () => 'FIELD_SCALAR_KIND_CHANGED';
    await expect(write(log, [], orders({ schema: ORDER.replace('string id', 'int32 id') }))).rejects.toThrow('MR-4208');
  });
});

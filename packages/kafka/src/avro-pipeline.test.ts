import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deadLetterFormat, defineJob, type DeadLetter } from '@millrace/core';
import { ByteWriter, type Format, type MillraceError } from '@millrace/core/spi';
import { readAll } from '@millrace/core/testing';
import { avro } from '@millrace/avro';
import { schemaRegistry } from '@millrace/schema-registry';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realRegistryUrl, REGISTRY_START_MS } from '../../schema-registry/src/registry.test-server.js';
import type { HostPlan } from './avro-pipeline.test-host.js';
import { DISORDER_MS, SUM_SCHEMA, type Reading, type Sum, WINDOW_MS, WRITTEN } from './avro-pipeline.test-job.js';
import { platform, sharedKafka, TestTopics, unavailable, unique } from './kafka.test-broker.js';
import { kafkaSink } from './sink/kafka-sink.js';
import { kafkaSource } from './source/kafka-source.js';

const PARTITIONS = 2;
const READINGS = 1200;
/** Readings come over this many pieces, so that the kills fall between them. */
const PIECES = 24;
const PIECE_MS = 40;
const UNKNOWN_ID = 987_654;

const source = (path: string): string => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Bundles the process that is killed, with the present sources. */
async function bundledHost(folder: string): Promise<string> {
  const file = join(folder, 'host.mjs');
  await build({
    entryPoints: [source('kafka/src/avro-pipeline.test-host.ts')], outfile: file, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning',
    alias: Object.fromEntries([['@millrace/core', 'core/src/index.ts'], ['@millrace/core/spi', 'core/src/spi.ts'], ['@millrace/avro', 'avro/src/index.ts'], ['@millrace/schema-registry', 'schema-registry/src/index.ts']].map(([name, path]) => [name!, source(path!)])),
    external: ['@kafkats/client', 'snappyjs', 'lz4js', 'fzstd'],
  });
  return file;
}

/** Runs the process to its end. */
function run(host: string, plan: HostPlan): Promise<{ readonly code: number | null; readonly signal: string | null; readonly output: string }> {
  const child = spawn(process.execPath, [host, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return new Promise((resolve) => child.on('close', (code, signal) => {
    clearTimeout(timer);
    resolve({ code, signal, output });
  }));
}

/** Turns records into the bytes of messages. */
async function encoder<T>(format: Format<T>, topic: string): Promise<(value: T) => Uint8Array> {
  const made = format.createEncoder();
  await made.start?.({ topic });
  const out = new ByteWriter();
  return (value) => {
    out.reset();
    made.encode(value, out);
    return out.toBytes();
  };
}

/** Stands between a client and the registry, so that a test can cut the line. */
class Line {
  /** When somebody tried while it was cut. */
  readonly refused: number[] = [];
  isCut: boolean = false;
  readonly #open = new Set<Socket>();
  readonly #server: Server;

  constructor(to: URL) {
    this.#server = createServer((socket) => {
      if (this.isCut) {
        this.refused.push(performance.now());
        socket.destroy();
        return;
      }
      const other = connect(Number(to.port), to.hostname);
      for (const one of [socket, other]) {
        this.#open.add(one);
        one.on('error', () => undefined).on('close', () => {
          this.#open.delete(one);
          socket.destroy();
          other.destroy();
        });
      }
      socket.pipe(other).pipe(socket);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.#open) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => void this.#server.close(resolve));
  }
}

describe.skipIf(unavailable !== undefined)(`from topic to topic with Avro and a registry${unavailable === undefined ? '' : ` (skipped: ${unavailable})`}`, () => {
  let topics!: TestTopics;
  let url!: string;
  const cache = fileURLToPath(new URL(`../../../node_modules/.cache/millrace-avro-pipeline/${process.pid}`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'millrace-avro-'));
  beforeAll(async () => {
    const [kafka, registry] = await Promise.all([sharedKafka(), realRegistryUrl()]);
    topics = new TestTopics({ brokers: kafka.bootstrap });
    url = registry;
  }, REGISTRY_START_MS);
  afterAll(async () => {
    await topics?.close();
    for (const made of [cache, folder]) rmSync(made, { recursive: true, force: true });
  });

  const all = async <T>(topic: string, format: Format<T>): Promise<readonly T[]> => (await readAll(kafkaSource({ brokers: topics.brokers, topics: topic, format, stop: 'latest' }), { platform })).values;

  it('sums two versions of records once each, killed twice, and keeps what cannot be read with its place', async () => {
    const [from, to, letters] = [await topics.topic('readings', PARTITIONS), await topics.topic('sums', 2), await topics.topic('letters', 1)];
    const registry = schemaRegistry({ url });
    const encode = [await encoder(avro<Reading>({ schema: WRITTEN[0]!, registry }), from), await encoder(avro<Reading>({ schema: WRITTEN[1]!, registry }), from)];
    const poison = [Buffer.from('{"sensor":"no Avro"}'), Buffer.from([0, 0, UNKNOWN_ID >> 16, (UNKNOWN_ID >> 8) & 255, UNKNOWN_ID & 255, 1]), Buffer.from([...encode[1]!({ sensor: 's', value: 0, at: 0, unit: '' }).subarray(0, 5), 200])];
    const readings = Array.from({ length: READINGS }, (_, n): Reading => ({ sensor: `s${n % 7}`, value: n % 2 === 0 ? n % 100 : (n % 100) / 4, at: 1_700_000_000_000 + n * 10 - ((n * 7919) % DISORDER_MS), unit: n % 2 === 0 ? 'C' : 'K' }));
    // Both versions alternate in each partition. In the middle of the first one stand three records that nobody can read.
    const lanes: Uint8Array[][] = Array.from({ length: PARTITIONS }, () => []);
    readings.forEach((reading, n) => lanes[Math.floor(n / 2) % PARTITIONS]!.push(encode[n % 2]!(reading)));
    const middle = lanes[0]!.length / 2;
    lanes[0]!.splice(middle, 0, ...poison);

    const args = { brokers: topics.brokers, registry: url, from, to, letters, ends: JSON.stringify(Object.fromEntries(lanes.map(({ length }, partition) => [partition, length]))) };
    const host = await bundledHost(cache);
    const plan = { args, state: join(folder, 'state') };
    const writing = (async () => {
      for (let piece = 0; piece < PIECES; piece++, await pause(PIECE_MS)) {
        for (const [partition, lane] of lanes.entries()) {
          const [begin, end] = [piece, piece + 1].map((at) => Math.round((lane.length * at) / PIECES));
          await topics.write(from, partition, lane.slice(begin, end).map((value) => ({ value })));
        }
      }
    })();
    // The first dies when a checkpoint is complete and its transactions are not committed, the second when one of several is.
    for (const kill of [{ point: 'before-notify', nth: 3 }, { point: 'after-commit', nth: 2 }]) expect(await run(host, { ...plan, ...kill })).toMatchObject({ signal: 'SIGKILL' });
    await writing;
    expect(await run(host, plan)).toMatchObject({ code: 0 });

    const expected = new Map<string, Sum>();
    for (const { sensor, value, at, unit } of readings) {
      const start = Math.floor(at / WINDOW_MS) * WINDOW_MS;
      const before = expected.get(`${sensor} ${start}`) ?? { sensor, start, sum: 0, units: '' };
      expected.set(`${sensor} ${start}`, { ...before, sum: before.sum + value, units: before.units < unit ? unit : before.units });
    }
    const order = (rows: Iterable<Sum>): string[] => [...rows].map((row) => JSON.stringify(row)).sort();
    expect(order(await all(to, avro<Sum>({ schema: SUM_SCHEMA, registry })))).toEqual(order(expected.values()));
    expect(await registry.versions(`${from}-value`)).toEqual([1, 2]);

    const kept: readonly DeadLetter[] = await all(letters, deadLetterFormat());
    expect(kept.map(({ reason }) => reason.slice(0, 7))).toEqual(['MR-4210', 'MR-4205', 'MR-4223']);
    expect(kept.map(({ source: name, split, offset }) => [name, split, offset])).toEqual([0, 1, 2].map((n) => ['readings', `${from}-0`, middle + n]));
    expect(kept.map(({ raw }) => Buffer.from(raw))).toEqual(poison);
    expect((await topics.admin.openTransactions()).filter((id) => id.startsWith(to) || id.startsWith(letters))).toEqual([]);
  }, 120_000);

  const id = { name: 'id', type: 'string' };
  const record = (...fields: readonly object[]): object => ({ type: 'record', name: 'Row', fields });

  it('waits for a registry that is away, with growing pauses, and then goes on or fails with its code (MR-4202)', async () => {
    const topic = await topics.topic('patience');
    const rows = await encoder(avro<{ id: string }>({ schema: record(id), registry: schemaRegistry({ url }) }), topic);
    await topics.write(topic, 0, [{ value: rows({ id: 'a' }) }]);
    const line = new Line(new URL(url));
    const address = `${await line.start()}${new URL(url).pathname}`;
    const read = async (retries: number): Promise<string[]> => {
      const found: string[] = [];
      const job = defineJob({
        name: 'patient',
        build: (env) => void env.fromSource(kafkaSource({ brokers: topics.brokers, topics: topic, format: avro<{ id: string }>({ schema: record(id), registry: schemaRegistry({ url: address, retries }) }), stop: 'latest' })).forEach((row) => void found.push(row.id)),
      });
      await job.run({});
      return found;
    };
    try {
      line.cut();
      const back = pause(1000).then(() => (line.isCut = false));
      expect(await read(6)).toEqual(['a']);
      await back;
      expect(line.refused.length).toBeGreaterThanOrEqual(3);

      line.cut();
      line.refused.length = 0;
      const error = await read(3).then(() => undefined, (thrown: unknown) => thrown as MillraceError);
      expect(String(error)).toContain('MR-4202');
      expect(String(error)).toContain('did not succeed in 4 attempts');
      expect(line.refused).toHaveLength(4);
      const pauses = line.refused.slice(1).map((at, n) => at - line.refused[n]!);
      pauses.forEach((ms, n) => expect(ms).toBeGreaterThanOrEqual(100 * 2 ** n * 0.9));
    } finally {
      await line.close();
    }
  }, 60_000);

  it('stops at the start, before a record, where a source cannot read the newest schema or the schema of a sink is refused (MR-4212, MR-4208)', async () => {
    const [from, to] = [await topics.topic('start'), await topics.topic('refused')];
    const registry = schemaRegistry({ url });
    const rows = await encoder(avro<{ id: string }>({ schema: record(id), registry }), from);
    await topics.write(from, 0, [{ value: rows({ id: 'a' }) }]);
    await encoder(avro<{ id: string }>({ schema: record(id), registry }), to);
    await registry.setCompatibility('BACKWARD', `${to}-value`);
    let seen = 0;
    const copy = (read: object, write: object): Promise<unknown> => defineJob({
      name: unique('copy'),
      build: (env) => void env
        .fromSource(kafkaSource({ brokers: topics.brokers, topics: from, format: avro<{ id: string }>({ schema: read, registry }), stop: 'latest' }))
        .map((row) => (seen++, row))
        .sinkTo(kafkaSink({ brokers: topics.brokers, topic: to, format: avro<{ id: string }>({ schema: write, registry }), guarantee: 'at-least-once' })),
    }).run({});
    const price = { name: 'price', type: 'double' };
    await expect(copy(record(id, price), record(id))).rejects.toThrow('MR-4212');
    await expect(copy(record(id), record(id, price))).rejects.toThrow('MR-4208');
    expect(seen).toBe(0);
    expect((await copy(record(id, { ...price, default: 0 }), record(id, { ...price, default: 0 })) as { state: string }).state).toBe('FINISHED');
    expect(seen).toBe(1);
  }, 60_000);
});

import { json, raw, t } from '@millrace/core';
import { decodeUtf8, encodeUtf8, type Format, joinPath, nodePlatform, type Platform, type Sink, type Source, type WriterContext } from '@millrace/core/spi';
import { readAll, SimulatedPlatform, SinkDriver, sinkKit, SourceDriver, sourceKit } from '@millrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { CommitLost, LogDamaged, LogMissing, LogSettingInvalid, OffsetRemoved, PartitionUnknown } from './errors.js';
import { EventLog } from './event-log.js';
import { eventLogSink } from './log-sink.js';
import { eventLogSource, eventLogSourceOfEvents } from './log-source.js';
import type { NewLogSettings } from './log-settings.js';
import { stagingFolder } from './staging.js';

interface Row {
  readonly n: number;
}

const platform = nodePlatform();
const memory = new SimulatedPlatform({ seed: 1 });
let logs = 0;
const made: string[] = [];
const row = t.struct({ n: t.number });

function folder(): string {
  const path = platform.files.makeTemporaryDirectory('event-log-');
  made.push(path);
  return joinPath(path, 'log');
}

function filled(count: number, settings: NewLogSettings = { partitions: 3, segmentBytes: 1024 }, on: Platform = platform): EventLog {
  const log = EventLog.create(on === platform ? folder() : `/log-${logs++}`, settings, on);
  const writers = Array.from({ length: log.settings.partitions }, (_, partition) => log.writer(partition));
  for (let n = 0; n < count; n++) {
    const writer = writers[n % writers.length]!;
    writer.append({ key: encodeUtf8(`key ${n}`), value: encodeUtf8(JSON.stringify({ n })), timestamp: 1000 + n });
    if (n % 5 === 0) writer.flush();
  }
  for (const writer of writers) writer.close();
  return log;
}

function numbers(log: EventLog): number[] {
  return Array.from({ length: log.settings.partitions }, (_, partition) => [...log.records(partition)].map(({ value }) => (JSON.parse(decodeUtf8(value!)) as Row).n)).flat().sort((a, b) => a - b);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

afterEach(() => {
  for (const path of made.splice(0)) platform.files.removeTree(path);
});

describe('the source of an event log', () => {
  const texts = { textOf: ({ n }: Row) => String(n) };
  for (const { name, run } of sourceKit<Row>({
    platform: memory,
    create: () => eventLogSource({ directory: filled(40, undefined, memory).directory, format: json(row), until: 'latest' }) as Source<Row, never>,
    expected: upTo(40).map((n) => ({ n })),
    ...texts,
  })) it(name, run);

  it('gives the time of the log, and with events all that the log knows', async () => {
    const log = filled(9);
    const { records } = await readAll(eventLogSourceOfEvents({ directory: log.directory, format: json(row), until: 'latest' }), { platform });
    const sorted = [...records].sort((left, right) => left.value.value.n - right.value.value.n);
    expect(sorted.map(({ value, timestamp }) => [value.value.n, timestamp, decodeUtf8(value.key!), value.partition, value.offset])).toEqual(upTo(9).map((n) => [n, 1000 + n, `key ${n}`, n % 3, Math.floor(n / 3)]));
  });

  it('begins and ends where it is told', async () => {
    const log = filled(30, { partitions: 1 });
    const range = async (options: object): Promise<number[]> =>
      (await readAll(eventLogSource({ directory: log.directory, format: json(row), ...options }), { platform })).values.map(({ n }) => n);
    expect(await range({ from: { offset: 10 }, until: { offset: 13 } })).toEqual([10, 11, 12]);
    expect(await range({ from: { timestamp: 1025 }, until: 'latest' })).toEqual([25, 26, 27, 28, 29]);
    expect(await range({ from: 'latest', until: 'latest' })).toEqual([]);
    expect(await range({ until: { timestamp: 1002 } })).toEqual([0, 1]);
  });

  it('keeps the end it found of an empty partition over a restart', async () => {
    const log = filled(3, { partitions: 1 });
    const source = (): Source<Row> => eventLogSource({ directory: log.directory, format: json(row), from: 'latest' }) as unknown as Source<Row>;
    const first = new SourceDriver(source(), { platform });
    await first.start();
    expect(first.poll()).toBe('nothing');
    const restored = first.snapshot();
    await first.close();
    const writer = log.writer(0);
    writer.append({ value: encodeUtf8('{"n":3}') });
    writer.close();
    const second = new SourceDriver(source(), { platform, restored });
    await second.start();
    expect(second.poll()).toBe('more');
    expect(second.records.map(({ value }) => value.n)).toEqual([3]);
    await second.close();
  });

  it('sees new records within milliseconds', async () => {
    const log = filled(1, { partitions: 1 });
    const driver = new SourceDriver(eventLogSource({ directory: log.directory, format: json(row) }) as unknown as Source<Row>, { platform });
    await driver.start();
    while (driver.poll() !== 'nothing');
    const writer = log.writer(0);
    writer.append({ value: encodeUtf8('{"n":1}') });
    writer.flush();
    await driver.readers[0]!.available();
    driver.poll();
    expect(driver.records.map(({ value }) => value.n)).toEqual([0, 1]);
    writer.close();
    await driver.close();
  });

  it('stops by code where retention was faster than the checkpoint', async () => {
    const log = filled(5, { partitions: 1, segmentBytes: 1024, retentionBytes: 2048 });
    const source = (): Source<Row> => eventLogSource({ directory: log.directory, format: json(row) }) as unknown as Source<Row>;
    const first = new SourceDriver(source(), { platform, batchSize: 2 });
    await first.start();
    first.poll();
    const restored = first.snapshot();
    await first.close();
    const writer = log.writer(0);
    for (let n = 5; n < 1000; n++) writer.append({ value: encodeUtf8(JSON.stringify({ n })) });
    writer.close();
    const second = new SourceDriver(source(), { platform, restored });
    await second.start();
    expect(() => second.poll()).toThrowError(expect.objectContaining({ code: OffsetRemoved.code }) as Error);
    await second.close();
  });

  it('refuses what it cannot do', () => {
    const refused = (options: object): void => void expect(() => eventLogSource(options as never)).toThrowError(expect.objectContaining({ code: LogSettingInvalid.code }) as Error);
    refused({ format: json(row) });
    refused({ directory: 'x' });
    refused({ directory: 'x', format: json(row), from: { offset: -1 } });
    refused({ directory: 'x', format: json(row), until: 'tomorrow' });
  });
});

describe('the sink of an event log', () => {
  for (const { name, run } of sinkKit<Row>({
    platform: memory,
    create: () => {
      const log = EventLog.create(`/log-${logs++}`, { partitions: 2, segmentBytes: 1024 }, memory);
      return {
        reopen: () => eventLogSink<Row>({ directory: log.directory, format: json(), key: ({ n }) => String(n) }) as unknown as Sink<Row, never, never>,
        visible: () => numbers(log).map((n) => ({ n })),
      };
    },
    record: (n) => ({ n }),
    textOf: ({ n }) => String(n),
  })) it(name, run);

  it('commits what is missing when the first attempt was cut off at any write', async () => {
    for (let failing = 0; ; failing++) {
      const disk = new SimulatedPlatform({ seed: failing });
      EventLog.create('/log', { partitions: 2, segmentBytes: 2048 }, disk);
      const sink = eventLogSink<Row>({ directory: '/log', format: json(), partition: ({ n }) => n % 2 });
      const context = contextOf(disk);
      const writer = sink.createWriter(context, []);
      await writer.start?.();
      for (let n = 0; n < 400; n++) writer.write({ n }, { timestamp: n, watermark: 0 });
      await writer.flush?.(true);
      const committables = writer.prepareCommit!(1);
      let dead = false;
      const committer = sink.createCommitter!(context);
      disk.files.faults.inject({ operations: ['open', 'remove', 'rename', 'sync', 'syncDirectory', 'write'], after: failing, kind: 'call', call: () => {
        dead = true;
        throw new Error('the process ends here');
      } });
      const commit = { epoch: 1, recovered: false, endOfInput: false };
      await committer.commit(committables, commit).catch(() => {});
      disk.files.faults.clear();
      const after = disk.crash('keep');
      const again = sink.createCommitter!(contextOf(after));
      await again.commit(committables, { ...commit, recovered: true });
      await again.commit(committables, { ...commit, recovered: true });
      expect(numbers(EventLog.open('/log', after)), `failing ${failing}`).toEqual(upTo(400));
      expect(after.files.readDirectory(stagingFolder('/log'))).toEqual([]);
      expect(EventLog.open('/log', after).verify()).toEqual([]);
      if (!dead) {
        expect(failing).toBeGreaterThan(20);
        return;
      }
    }
  });

  it('commits all when the parts of several checkpoints are dealt out and come out of order', async () => {
    const disk = new SimulatedPlatform({ seed: 1 });
    EventLog.create('/log', { partitions: 2 }, disk);
    const sink = eventLogSink<Row>({ directory: '/log', format: json(), partition: ({ n }) => n % 2 });
    const writer = sink.createWriter(contextOf(disk), []);
    await writer.start?.();
    const parts = [];
    for (let checkpoint = 1; checkpoint <= 3; checkpoint++) {
      for (let n = checkpoint * 10 - 10; n < checkpoint * 10; n++) writer.write({ n }, { timestamp: n, watermark: 0 });
      await writer.flush?.(false);
      parts.push(...writer.prepareCommit!(checkpoint));
      writer.snapshot?.(checkpoint);
    }
    const commit = { epoch: 2, recovered: true, endOfInput: false };
    for (const part of [parts[1]!, parts[2]!, parts[0]!, parts[1]!]) await sink.createCommitter!(contextOf(disk)).commit([part], commit);
    expect(numbers(EventLog.open('/log', disk))).toEqual(upTo(30));
    expect([...EventLog.open('/log', disk).records(0)].map(({ timestamp }) => timestamp)).toEqual(upTo(30).filter((n) => n % 2 === 0));
    expect(disk.files.readDirectory(stagingFolder('/log'))).toEqual([]);
  });

  it('does not begin where the note of earlier commits is broken: a repeated one would double records', () => {
    const disk = new SimulatedPlatform({ seed: 1 });
    const log = filled(100, { segmentBytes: 1024 }, disk);
    const [note] = disk.files.readDirectory(log.folderOf(0)).filter(({ name }) => name.endsWith('.producers'));
    disk.files.unlink(joinPath(log.folderOf(0), 'closed.json'));
    disk.files.writeFile(joinPath(log.folderOf(0), note!.name), '[]');
    expect(() => log.writer(0)).toThrowError(expect.objectContaining({ code: LogDamaged.code }) as Error);
  });

  it('leaves what another sink of the same name has staged', async () => {
    const disk = new SimulatedPlatform({ seed: 1 });
    EventLog.create('/log', {}, disk);
    const sink = eventLogSink<Row>({ directory: '/log', format: json() });
    const [first, second] = ['first', 'second'].map((uid) => sink.createWriter({ ...contextOf(disk), uid }, []));
    await first!.start?.();
    first!.write({ n: 0 }, { timestamp: 0, watermark: 0 });
    await first!.flush?.(false);
    await second!.start?.();
    await sink.createCommitter!(contextOf(disk)).commit(first!.prepareCommit!(1), { epoch: 1, recovered: false, endOfInput: false });
    expect(numbers(EventLog.open('/log', disk))).toEqual([0]);
  });

  it('says what is gone when a staged file was taken away', async () => {
    const log = EventLog.create(folder(), { partitions: 1 });
    const sink = eventLogSink<Row>({ directory: log.directory, format: json() });
    const driver = new SinkDriver<Row>(sink as unknown as Sink<Row, never, never>, { platform });
    await driver.start();
    await driver.write({ n: 1 }, {});
    const context = contextOf(platform);
    await expect(
      sink.createCommitter!(context).commit([{ file: 'gone.staged', bytes: 10, producer: { high: 1, low: 1 }, commit: 1, partitions: [0], before: [] }], { epoch: 1, recovered: true, endOfInput: false }),
    ).rejects.toMatchObject({ code: CommitLost.code });
    await driver.close();
  });

  it('keeps keys together, deletes by key, and refuses a partition that is not there', async () => {
    const log = EventLog.create(folder(), { partitions: 4 });
    const sink = eventLogSink<Row>({ directory: log.directory, format: json(), key: ({ n }) => `key ${n % 3}`, deletes: ({ n }) => n === 7 });
    const driver = new SinkDriver<Row>(sink as unknown as Sink<Row, never, never>, { platform, checkpoints: false });
    await driver.start();
    for (let n = 0; n < 9; n++) await driver.write({ n }, { timestamp: n });
    await driver.finish();
    const placed = log.stat().flatMap(({ partition }) => [...log.records(partition)].map(({ key, value }) => ({ partition, key: decodeUtf8(key!), deleted: value === null })));
    expect(new Set(placed.map(({ partition, key }) => `${partition} ${key}`)).size).toBe(3);
    expect(placed.filter(({ deleted }) => deleted)).toHaveLength(1);
    const wrong = eventLogSink<Row>({ directory: log.directory, format: json(), partition: () => 4 });
    const writer = wrong.createWriter(contextOf(platform), []);
    expect(() => writer.write({ n: 0 }, { timestamp: 0, watermark: 0 })).toThrowError(expect.objectContaining({ code: PartitionUnknown.code }) as Error);
    expect(() => eventLogSink({ directory: '', format: json() })).toThrowError(expect.objectContaining({ code: LogSettingInvalid.code }) as Error);
    expect(() => void eventLogSink({ directory: folder(), format: json() }).validate!({ platform, job: 'job', checkpointIntervalMs: undefined, operator: 'sink', resumed: false })).toThrowError(expect.objectContaining({ code: LogMissing.code }) as Error);
  });
});

function contextOf(on: typeof platform): Parameters<ReturnType<typeof eventLogSink>['createWriter']>[0] {
  return {
    platform: on, logger: undefined as never, metrics: undefined as never, signal: new AbortController().signal, job: 'job', operator: 'sink',
    subtask: 0, parallelism: 1, epoch: 1, checkpoints: true, bounded: true, print: () => {}, emitRow: () => {},
  };
}


describe('a format that fetches what it needs', () => {
  /** Asks `answer` before each frame. */
  function fetching(answer: (frame: string) => Promise<void> | undefined): Format<string> {
    const inner = raw();
    return {
      ...inner,
      createDecoder: (context) => ({ ...inner.createDecoder(context), prepare: (bytes, from, to) => answer(decodeUtf8(bytes, from, to)) }),
    };
  }

  it('is waited for before each frame that asks, and nothing is lost, read twice or out of order', async () => {
    const log = filled(20, { partitions: 2 });
    const fetched = new Set<string>();
    const format = fetching((frame) => (fetched.has(frame) || frame.includes('4') ? undefined : Promise.resolve().then(() => void fetched.add(frame))));
    const { values } = await readAll(eventLogSource({ directory: log.directory, format, until: 'latest' }), { platform });
    expect(values.filter((text) => (JSON.parse(text) as Row).n % 2 === 0)).toEqual(upTo(20).filter((n) => n % 2 === 0).map((n) => `{"n":${n}}`));
    expect(values).toHaveLength(20);
    expect(fetched.size).toBe(18);
  });

  it('ends the reader with its error when it cannot get it', async () => {
    const log = filled(5, { partitions: 1 });
    const format = fetching((frame) => (frame === '{"n":3}' ? Promise.reject(LogMissing.error({ what: 'the schema is not to be had' })) : undefined));
    await expect(readAll(eventLogSource({ directory: log.directory, format, until: 'latest' }), { platform })).rejects.toSatisfy(LogMissing.is);
  });

  it('may refuse before the first record, but where such records are passed over nobody asks', async () => {
    const log = filled(5, { partitions: 1 });
    const refusing = (inner: Format<string>): Format<string> => ({ ...inner, createDecoder: (context) => ({ ...inner.createDecoder(context), start: () => Promise.reject(LogMissing.error({ what: 'the newest schema is another one' })) }) });
    const driver = new SourceDriver(eventLogSource({ directory: log.directory, format: refusing(raw()), until: 'latest' }), { platform });
    await driver.start();
    await expect(driver.drain()).rejects.toSatisfy(LogMissing.is);
    expect(driver.records).toEqual([]);
    const { values } = await readAll(eventLogSource({ directory: log.directory, format: refusing({ ...raw(), onError: 'skip' }), until: 'latest' }), { platform });
    expect(values).toHaveLength(5);
  });

  it('is started before a sink takes its first record', async () => {
    const log = EventLog.create(folder(), { partitions: 1 });
    const calls: string[] = [];
    const format: Format<string> = { ...raw(), createEncoder: () => ({ ...raw().createEncoder(), start: () => Promise.resolve().then(() => void calls.push('started')) }) };
    const writer = eventLogSink({ directory: log.directory, format }).createWriter({ platform, job: 'j', operator: 'o', subtask: 0, parallelism: 1, epoch: 1 } as WriterContext, []);
    await writer.start?.();
    expect(calls).toEqual(['started']);
    await writer.close();
  });
});

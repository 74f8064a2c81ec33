import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeUtf8 } from '../../base/bytes.js';
import type { Platform } from '../../base/platform.js';
import type { Sink } from '../../connector/sink.js';
import { json } from '../../formats/json/json.js';
import { nodePlatform } from '../../platform/node/node-platform.js';
import { SinkDriver, type SinkDriving } from '../../testing/sink-driver.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { ConnectorOptionInvalid, OutputLost, OutputNotEmpty, OutputTaken, OutputUnwritable, PartitionInvalid } from '../errors.js';
import { fileSink, type FileSinkOptions } from './file-sink.js';
import { byDay, byMinute } from './partitions.js';

interface Row {
  readonly n: number;
}

const platform = nodePlatform();
let root = '';
let counter = 0;
beforeAll(() => {
  root = platform.files.makeTemporaryDirectory('millrace-file-sink-');
});
afterAll(() => platform.files.removeTree(root));

const output = (): string => `${root}/out-${counter++}`;
const sinkTo = (path: string, options: Partial<FileSinkOptions<Row>> = {}): Sink<Row, never, never> => fileSink<Row>({ path, format: json<Row>(), ...options }) as Sink<Row, never, never>;

async function started(sink: Sink<Row, never, never>, driving: Partial<SinkDriving> = {}): Promise<SinkDriver<Row>> {
  const driver = new SinkDriver<Row>(sink, { platform, ...driving });
  await driver.start();
  return driver;
}

function listing(path: string, on: Platform = platform): string[] {
  return on.files.readDirectory(path).flatMap(({ name, isDirectory }) => (isDirectory ? listing(`${path}/${name}`, on).map((inner) => `${name}/${inner}`) : [name]));
}

function committed(path: string, on: Platform = platform): number[] {
  const names = listing(path, on).filter((name) => !name.startsWith('.'));
  return names
    .flatMap((name) => decodeUtf8(on.files.readFile(`${path}/${name}`)).split('\n').filter(Boolean))
    .map((line) => (JSON.parse(line) as Row).n)
    .sort((left, right) => left - right);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('file sink', () => {
  it('removes what an earlier try whether it can write has left behind', async () => {
    const path = output();
    platform.files.makeDirectory(path);
    platform.files.writeFile(`${path}/.millrace-probe-of-a-killed-run`, '');
    await sinkTo(path).validate?.({ platform, job: 'job', checkpointIntervalMs: undefined, operator: 'out', resumed: false });
    expect(listing(path)).toEqual([]);
  });

  it('shows nothing before the end of a bounded job without checkpoints, and everything after it', async () => {
    const path = output();
    const driver = await started(sinkTo(path), { checkpoints: false, parallelism: 2 });
    for (const n of upTo(10)) await driver.write({ n }, { subtask: n % 2 });
    await driver.commitRolled();
    expect(listing(path).every((name) => name.startsWith('.'))).toBe(true);
    expect(listing(path)).toHaveLength(2);
    await driver.finish();
    expect(listing(path)).toEqual(['part-0-0.ndjson', 'part-1-0.ndjson']);
    expect(decodeUtf8(platform.files.readFile(`${path}/part-0-0.ndjson`))).toBe('{"n":0}\n{"n":2}\n{"n":4}\n{"n":6}\n{"n":8}\n');
  });

  it('keeps one file open through checkpoints and commits it once it is rolled by size or time', async () => {
    const path = output();
    const driver = await started(sinkTo(path, { rollBytes: 40, rollAfter: '1 min' }));
    await driver.write({ n: 0 });
    await driver.checkpoint();
    await driver.write({ n: 1 });
    await driver.checkpoint();
    expect(committed(path)).toEqual([]);
    for (const n of [2, 3, 4]) await driver.write({ n });
    await driver.barrier();
    expect(committed(path)).toEqual([]);
    await driver.complete();
    expect(committed(path)).toEqual([0, 1, 2, 3, 4]);
    await driver.write({ n: 5 });
    driver.tick(platform.clock.now() + 59_000);
    await driver.checkpoint();
    expect(committed(path)).toHaveLength(5);
    driver.tick(platform.clock.now() + 61_000);
    await driver.checkpoint();
    expect(committed(path)).toEqual([0, 1, 2, 3, 4, 5]);
    await driver.close();
  });

  it('commits at each roll in an unbounded job without checkpoints', async () => {
    const path = output();
    const driver = await started(sinkTo(path, { rollBytes: 16 }), { checkpoints: false, bounded: false });
    for (const n of [0, 1, 2]) await driver.write({ n });
    await driver.commitRolled();
    expect(committed(path)).toEqual([0, 1]);
    await driver.finish();
    expect(committed(path)).toEqual([0, 1, 2]);
  });

  it.each([1, 2, 3, 5])('writes each record once when it goes on from a checkpoint at parallelism %i', async (parallelism) => {
    const path = output();
    const before = await started(sinkTo(path, { rollBytes: 30 }), { parallelism: 3, epoch: 1 });
    for (const n of upTo(20)) await before.write({ n }, { subtask: n % 3 });
    const snapshot = await before.checkpoint();
    for (const n of [100, 101, 102, 103, 104, 105, 106, 107, 108]) await before.write({ n }, { subtask: n % 3 });
    await before.barrier();
    await before.close();
    const after = await started(sinkTo(path, { rollBytes: 30 }), { parallelism, epoch: 2, restored: snapshot });
    expect(listing(path).filter((name) => name.startsWith('.') && name.includes('run-1')).length).toBeLessThanOrEqual(3);
    for (const n of upTo(10)) await after.write({ n: 20 + n }, { subtask: n % parallelism });
    await after.checkpoint();
    await after.finish();
    expect(committed(path)).toEqual(upTo(30));
    expect(listing(path).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('can be restored from one checkpoint again and again, and repeats its commits', async () => {
    const path = output();
    const first = await started(sinkTo(path, { rollBytes: 30 }));
    for (const n of upTo(10)) await first.write({ n });
    const snapshot = await first.barrier();
    await first.close();
    for (let epoch = 2; epoch < 5; epoch++) {
      const next = await started(sinkTo(path), { epoch, restored: snapshot });
      await next.write({ n: 99 });
      await next.barrier();
      await next.close();
    }
    const last = await started(sinkTo(path), { epoch: 5, restored: snapshot });
    await last.write({ n: 10 });
    await last.finish();
    expect(committed(path)).toEqual(upTo(11));
    expect(listing(path).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('takes no notice of what a run that was taken for dead still writes', async () => {
    const path = output();
    const zombie = await started(sinkTo(path), { epoch: 1 });
    await zombie.write({ n: 0 });
    const snapshot = await zombie.checkpoint();
    const heir = await started(sinkTo(path), { epoch: 2, restored: snapshot });
    await zombie.write({ n: 666 });
    await zombie.barrier();
    await heir.write({ n: 1 });
    await heir.finish();
    expect(committed(path)).toEqual([0, 1]);
    await zombie.close();
  });

  it('leaves the hidden files of a newer run alone', async () => {
    const path = output();
    const newer = await started(sinkTo(path), { epoch: 5 });
    await newer.write({ n: 1 });
    await newer.barrier();
    const before = listing(path);
    expect(before).toHaveLength(1);
    const zombie = await started(sinkTo(path), { epoch: 3 });
    expect(listing(path)).toEqual(before);
    await zombie.close();
    await newer.finish();
    expect(committed(path)).toEqual([1]);
  });

  it('removes the hidden files of a failed run without checkpoints, and those of no other sink', async () => {
    const path = output();
    const failed = await started(sinkTo(path), { checkpoints: false });
    await failed.write({ n: 1 });
    await failed.close();
    platform.files.writeFile(`${path}/.part-0-7.ndjson.run-1-deadbeef`, 'of another sink');
    const next = await started(sinkTo(path), { checkpoints: false });
    await next.write({ n: 2 });
    await next.finish();
    expect(listing(path)).toEqual(['.part-0-7.ndjson.run-1-deadbeef', 'part-0-0.ndjson']);
    expect(committed(path)).toEqual([2]);
  });

  it('refuses a directory with files unless told what to do with them', async () => {
    const path = output();
    platform.files.makeDirectory(path);
    platform.files.writeFile(`${path}/part-3-7.ndjson`, '{"n":0}\n');
    platform.files.writeFile(`${path}/notes.txt`, '{"n":100}\n');
    await expect(started(sinkTo(path))).rejects.toSatisfy((error) => OutputNotEmpty.is(error));
    const appending = await started(sinkTo(path, { existing: 'append' }), { checkpoints: false });
    await appending.write({ n: 1 });
    await appending.finish();
    expect(listing(path)).toEqual(['notes.txt', 'part-0-8.ndjson', 'part-3-7.ndjson']);
    const replacing = await started(sinkTo(path, { existing: 'replace' }), { checkpoints: false });
    await replacing.write({ n: 2 });
    await replacing.finish();
    expect(committed(path)).toEqual([2, 100]);
  });

  it('writes partitions below the output and refuses paths that lead out of it', async () => {
    const path = output();
    const driver = await started(sinkTo(path, { partitionBy: byMinute }), { checkpoints: false });
    for (const n of upTo(4)) await driver.write({ n }, { timestamp: Date.UTC(2026, 0, 31, 23, 59 + (n >> 1)) });
    await expect(driver.write({ n: 9 })).rejects.toSatisfy((error) => PartitionInvalid.is(error));
    await driver.finish();
    expect(listing(path)).toEqual(['dt=2026-01-31/hm=2359/part-0-0.ndjson', 'dt=2026-02-01/hm=0000/part-0-1.ndjson']);
    expect(byDay(undefined, -1)).toBe('dt=1969-12-31');
    for (const partition of ['', '../x', '/etc', 'a//b', 'a/.b', 'a\\b', 'a\0', undefined as unknown as string]) {
      const evil = await started(sinkTo(output(), { partitionBy: () => partition }));
      await expect(evil.write({ n: 0 })).rejects.toSatisfy((error) => PartitionInvalid.is(error));
      await evil.close();
    }
  });

  it('keeps only so many partitions open', async () => {
    const path = output();
    const driver = await started(sinkTo(path, { partitionBy: ({ n }) => `n=${n}` }), { checkpoints: false });
    for (const n of [...upTo(100), ...upTo(100)]) await driver.write({ n });
    await driver.finish();
    expect(committed(path)).toEqual(upTo(100).flatMap((n) => [n, n]));
  });

  it('packs files with gzip', async () => {
    const path = output();
    const driver = await started(sinkTo(path, { compression: 'gzip' }));
    await driver.write({ n: 1 });
    await driver.checkpoint();
    await driver.write({ n: 2 });
    await driver.finish();
    expect(listing(path)).toEqual(['part-0-0.ndjson.gz']);
    expect(decodeUtf8(platform.digests.gunzip(platform.files.readFile(`${path}/part-0-0.ndjson.gz`), 1000))).toBe('{"n":1}\n{"n":2}\n');
  });

  it('leaves nothing of a record that cannot be encoded', async () => {
    const path = output();
    const driver = await started(sinkTo(path), { checkpoints: false });
    await driver.write({ n: 1 });
    await expect(driver.write({ n: Number.NaN })).rejects.toThrow('MR-2105');
    await driver.finish();
    expect(committed(path)).toEqual([1]);
  });

  it('refuses settings that cannot be', () => {
    for (const options of [{ path: '' }, { format: undefined }, { rollBytes: 0 }, { rollAfter: 0 }, { partitionBy: 'dt' }, { existing: 'overwrite' }, { compression: 'zip' }]) {
      expect(() => sinkTo('x', options as never)).toThrow(ConnectorOptionInvalid.code);
    }
  });
});

describe('file sink on a failing disk', () => {
  const simulated = (seed = 1): SimulatedPlatform => new SimulatedPlatform({ seed });

  it('says that the disk is full and shows nothing half-written', async () => {
    const on = simulated();
    const driver = await started(sinkTo('/out', { rollBytes: 1000 }), { platform: on });
    for (const n of upTo(5)) await driver.write({ n });
    await driver.barrier();
    on.files.capacityBytes = 50;
    for (const n of upTo(20)) await driver.write({ n });
    await expect(driver.barrier()).rejects.toSatisfy((error) => OutputUnwritable.is(error) && error.message.includes('full'));
    expect(committed('/out', on)).toEqual([]);
  });

  it('says so when the output cannot be made', async () => {
    const on = simulated();
    on.files.writeFile('/file', 'x');
    await expect(started(sinkTo('/file/out'), { platform: on })).rejects.toSatisfy((error) => OutputUnwritable.is(error));
  });

  it('never covers a file of somebody else, and tells when a file is lost', async () => {
    const on = simulated();
    const driver = await started(sinkTo('/out', { rollBytes: 1 }), { platform: on });
    await driver.write({ n: 1 });
    await driver.barrier();
    on.files.writeFile('/out/part-0-0.ndjson', 'mine');
    await expect(driver.complete()).rejects.toSatisfy((error) => OutputTaken.is(error));
    on.files.unlink('/out/part-0-0.ndjson');
    for (const name of listing('/out', on)) on.files.unlink(`/out/${name}`);
    await expect(driver.complete()).rejects.toSatisfy((error) => OutputLost.is(error));
  });

  it('stops when a file of the checkpoint is shorter than it was', async () => {
    const on = simulated();
    const driver = await started(sinkTo('/out'), { platform: on });
    await driver.write({ n: 1 });
    const snapshot = await driver.checkpoint();
    await driver.close();
    const [hidden] = listing('/out', on);
    const handle = on.files.open(`/out/${hidden}`, 'readWrite');
    handle.truncate(3);
    handle.close();
    await expect(started(sinkTo('/out'), { platform: on, epoch: 2, restored: snapshot })).rejects.toSatisfy((error) => OutputLost.is(error));
  });

  it('R40 what was committed stays so when the power goes, also in folders made for it', async () => {
    for (const partitionBy of [undefined, (row: Row) => `even=${row.n % 2 === 0}`]) {
      const on = new SimulatedPlatform({ seed: 1 });
      on.files.makeDirectory('/data');
      on.files.syncDirectory('/');
      const driver = new SinkDriver<Row>(sinkTo('/data/out', { rollBytes: 1, ...(partitionBy === undefined ? {} : { partitionBy }) }), { platform: on });
      await driver.start();
      for (const n of upTo(4)) await driver.write({ n });
      await driver.checkpoint();
      on.files.crash('lose');
      expect(committed('/data/out', on)).toEqual(upTo(4));
    }
  });

  it('R40 loses and doubles nothing when the machine goes down at any point after a checkpoint', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const on = simulated(seed);
      const first = await started(sinkTo('/out', { rollBytes: 30 }), { platform: on, parallelism: 2 });
      for (const n of upTo(15)) await first.write({ n }, { subtask: n % 2 });
      const snapshot = await first.barrier();
      if (seed % 3 > 0) await first.complete();
      for (const n of upTo(15)) await first.write({ n: 1000 + n }, { subtask: n % 2 });
      if (seed % 3 > 1) await first.barrier();
      on.files.crash();
      const second = await started(sinkTo('/out', { rollBytes: 30 }), { platform: on, parallelism: 1 + (seed % 4), epoch: 2, restored: snapshot });
      for (const n of upTo(5)) await second.write({ n: 15 + n });
      const later = await second.barrier();
      on.files.crash();
      const third = await started(sinkTo('/out'), { platform: on, epoch: 3, restored: later });
      await third.finish();
      expect(committed('/out', on), `seed ${seed}`).toEqual(upTo(20));
      expect(listing('/out', on).filter((name) => name.startsWith('.'))).toEqual([]);
    }
  });
});

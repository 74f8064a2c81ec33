import type { Platform } from '../base/platform.js';
import type { Source, Split } from '../connector/source.js';
import type { KitTest } from './format-kit.js';
import { expectKit } from './kit-errors.js';
import { SourceDriver, readAll, type ReadRecord } from './source-driver.js';

/** What the source kit is given: a bounded source, made anew for each run. */
export interface SourceKitSubject<T> {
  readonly platform: Platform;
  create(): Source<T, never> | Promise<Source<T, never>>;
  /** What it must give, in any order. */
  readonly expected: readonly T[];
  /** A text that is the same for equal records. */
  textOf(value: T): string;
}

/** The tests that every bounded source must pass; those of replay are left out for a source that says it has none. */
export function sourceKit<T>(subject: SourceKitSubject<T>): readonly KitTest[] {
  return [
    ...[1, 2, 3, 7].map((parallelism) => ({ name: `gives every record once with ${parallelism} readers`, run: () => everyRecordOnce(subject, parallelism) })),
    { name: 'gives the records of a split in the same order each time', run: () => sameOrder(subject) },
    { name: 'gives by its cursor what it gives in batches', run: () => byCursor(subject) },
    { name: 'goes on from a snapshot after every batch', run: () => everySnapshot(subject, 1, 1) },
    { name: 'goes on from a snapshot with other numbers of readers', run: () => rescaled(subject) },
    { name: 'has each of its splits active until it is finished, and names them once', run: () => activeSplits(subject) },
    { name: 'says the same when polled after its end, and closes twice', run: () => afterTheEnd(subject) },
    { name: 'cuts batches by position', run: () => cutsByPosition(subject) },
    { name: 'stops for paused splits and goes on with them', run: () => pauses(subject) },
  ];
}

async function make<T>(subject: SourceKitSubject<T>): Promise<Source<T>> {
  return (await subject.create()) as unknown as Source<T>;
}

function expectRecords<T>(subject: SourceKitSubject<T>, records: readonly ReadRecord<T>[], when: string): void {
  const got = records.map(({ value }) => subject.textOf(value)).sort();
  const wanted = subject.expected.map((value) => subject.textOf(value)).sort();
  expectKit(got.length === wanted.length, `${when}: ${wanted.length} records come, not ${got.length}`);
  got.forEach((text, at) => expectKit(text === wanted[at], `${when}: ${wanted[at]} comes, not ${text}`));
}

async function everyRecordOnce<T>(subject: SourceKitSubject<T>, parallelism: number): Promise<void> {
  for (const batchSize of [1, 5, 1000]) {
    const { records } = await readAll(await make(subject), { platform: subject.platform, parallelism, batchSize });
    expectRecords(subject, records, `${parallelism} readers, batches of ${batchSize}`);
  }
}

async function sameOrder<T>(subject: SourceKitSubject<T>): Promise<void> {
  const order = async (): Promise<string> => {
    const { records } = await readAll(await make(subject), { platform: subject.platform, batchSize: 3 });
    return records.map(({ value, split, offset }) => `${split} ${offset} ${subject.textOf(value)}`).join('\n');
  };
  const first = await order();
  if ((await make(subject)).replayable) expectKit(first === (await order()), 'the order of a split is the same each time');
}

/** Where readers have a cursor, it gives the same records in the same portions, with the same positions between them. */
async function byCursor<T>(subject: SourceKitSubject<T>): Promise<void> {
  if (!(await make(subject)).replayable) return;
  for (const batchSize of [1, 4, 1000]) {
    const story = async (cursor: boolean): Promise<string> => {
      const driver = new SourceDriver(await make(subject), { platform: subject.platform, batchSize, byCursor: cursor });
      const lines: string[] = [];
      await driver.start();
      await driver.drain(({ records }) => {
        // An empty poll may come at any time.
        if (records.length === 0) return;
        lines.push(...records.splice(0).map(({ value, timestamp, split, offset }) => `${split} ${offset} ${timestamp} ${subject.textOf(value)}`));
        lines.push(JSON.stringify(driver.snapshot().splits));
      });
      await driver.close();
      return lines.join('\n');
    };
    expectKit((await story(true)) === (await story(false)), `the records of the cursor are those of the batches of ${batchSize}`);
  }
}

/** Reads so many polls, takes a snapshot, and reads the rest from there in another run: for every number of polls. */
async function everySnapshot<T>(subject: SourceKitSubject<T>, before: number, after: number): Promise<void> {
  if (!(await make(subject)).replayable) return;
  for (let polls = 0; ; polls++) {
    const first = new SourceDriver(await make(subject), { platform: subject.platform, parallelism: before, batchSize: 3 });
    await first.start();
    const ended = new Set<number>();
    for (let poll = 0; poll < polls && ended.size < before; poll++) {
      for (let subtask = 0; subtask < before; subtask++) {
        const found = first.poll(subtask);
        if (found === 'end') ended.add(subtask);
        // A source that fetches has nothing at once. One reader may also wait until another has come further.
        if (found === 'nothing') await Promise.race(first.readers.flatMap((reader, other) => (ended.has(other) ? [] : [reader.available()])));
      }
    }
    const restored = first.snapshot();
    // What is read after the snapshot is lost with the first run.
    const kept = [...first.records];
    if (ended.size < before) for (let subtask = 0; subtask < before; subtask++) first.poll(subtask);
    await first.close();
    const second = await readAll(await make(subject), { platform: subject.platform, parallelism: after, batchSize: 4, restored });
    expectRecords(subject, [...kept, ...second.records], `snapshot after ${polls} polls, ${before} to ${after} readers`);
    if (ended.size === before) return;
  }
}

async function rescaled<T>(subject: SourceKitSubject<T>): Promise<void> {
  for (const [before, after] of [[1, 3], [3, 1], [2, 5]] as const) await everySnapshot(subject, before, after);
}

async function activeSplits<T>(subject: SourceKitSubject<T>): Promise<void> {
  const driver = new SourceDriver<T, Split>(await make(subject), { platform: subject.platform, batchSize: 2 });
  await driver.start();
  const reader = driver.readers[0]!;
  await driver.drain(() => {
    const active = reader.activeSplits();
    const held = reader.snapshot(1).map(({ id }) => id);
    expectKit(new Set(active).size === active.length, 'a split is active once');
    expectKit(active.every((id) => held.includes(id)), 'the active splits are in the snapshot');
    expectKit(active.length > 0 || held.length === 0, 'of the splits in the snapshot at least the next is active');
  });
  expectKit(reader.activeSplits().length === 0 && reader.snapshot(1).length === 0, 'after the end no split is left');
  await driver.close();
}

async function afterTheEnd<T>(subject: SourceKitSubject<T>): Promise<void> {
  const driver = new SourceDriver(await make(subject), { platform: subject.platform });
  await driver.start();
  await driver.drain();
  const count = driver.records.length;
  expectKit(driver.poll() === 'end' && driver.poll() === 'end' && driver.records.length === count, 'a reader that has ended stays so');
  await driver.close();
  await driver.close();
}

/** A run that was restored after each batch gives the same batches as one that was not. */
async function cutsByPosition<T>(subject: SourceKitSubject<T>): Promise<void> {
  if (!(await make(subject)).replayable) return;
  const cuts = async (restoring: boolean): Promise<string> => {
    const sizes = new Map<string, number[]>();
    let driver = new SourceDriver(await make(subject), { platform: subject.platform, batchSize: 4 });
    await driver.start();
    for (let found = driver.poll(); found !== 'end'; found = driver.poll()) {
      if (found === 'nothing') await driver.readers[0]!.available();
      if (driver.records.length === 0) continue;
      const batch = driver.records.splice(0);
      const { split } = batch[0]!;
      sizes.set(split, [...(sizes.get(split) ?? []), batch.length]);
      if (!restoring) continue;
      const restored = driver.snapshot();
      await driver.close();
      driver = new SourceDriver(await make(subject), { platform: subject.platform, batchSize: 4, restored });
      await driver.start();
    }
    await driver.close();
    // Which split comes next may differ; where its batches end may not.
    return [...sizes].map(([split, ofSplit]) => `${split}: ${ofSplit.join()}`).sort().join('\n');
  };
  expectKit((await cuts(false)) === (await cuts(true)), 'where batches end depends on positions only');
}

async function pauses<T>(subject: SourceKitSubject<T>): Promise<void> {
  const driver = new SourceDriver<T, Split>(await make(subject), { platform: subject.platform, batchSize: 1 });
  await driver.start();
  const reader = driver.readers[0]!;
  if (reader.pauseSplits !== undefined) {
    const paused = [...reader.activeSplits()];
    reader.pauseSplits(paused, []);
    for (let i = 0; i < 5; i++) driver.poll();
    expectKit(driver.records.every(({ split }) => !paused.includes(split)), 'a paused split gives no records');
    reader.pauseSplits([], paused);
  }
  await driver.drain();
  expectRecords(subject, driver.records, 'after a pause');
  await driver.close();
}

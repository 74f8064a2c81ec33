import { SimulatedPlatform } from '@millrace/core/testing';
import { encodeUtf8, decodeUtf8, joinPath, nodePlatform } from '@millrace/core/spi';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LogDamaged, LogExists, LogFormatUnknown, LogMissing, LogSettingInvalid, OffsetNotYet, OffsetRemoved, PartitionInUse, PartitionUnknown, RecordTooLarge, RecordUnusable, WriteFailed, WriterFenced } from './errors.js';
import { EventLog } from './event-log.js';
import type { NewLogSettings } from './log-settings.js';

const platform = nodePlatform();
const made: string[] = [];

function folder(): string {
  const path = platform.files.makeTemporaryDirectory('event-log-');
  made.push(path);
  return joinPath(path, 'log');
}

function newLog(settings: NewLogSettings = {}): EventLog {
  return EventLog.create(folder(), settings);
}

function text(value: string): Uint8Array {
  return encodeUtf8(value);
}

function append(log: EventLog, values: readonly string[], partition = 0): void {
  const writer = log.writer(partition);
  for (const value of values) writer.append({ value: text(value) });
  writer.close();
}

function read(log: EventLog, partition = 0): string[] {
  return [...log.records(partition)].map(({ value }) => decodeUtf8(value!));
}

function onlySegment(log: EventLog): string {
  const path = log.folderOf(0);
  const names = platform.files.readDirectory(path).filter(({ name }) => name.endsWith('.log'));
  expect(names).toHaveLength(1);
  return joinPath(path, names[0]!.name);
}

/** The bytes of the segment into which these frames were written, each forced to the disk. */
function framesOf(frames: readonly (readonly string[])[]): Uint8Array {
  const simulated = new SimulatedPlatform({ seed: 1 });
  const log = EventLog.create('/log', { fsync: 'always' }, simulated);
  const writer = log.writer(0);
  for (const frame of frames) {
    for (const value of frame) writer.append({ value: text(value) });
    writer.flush();
  }
  return simulated.files.readFile(joinPath(log.folderOf(0), '0000000000000000.log'));
}

/** A log with this one segment, as a killed process leaves it. */
function logOf(segment: Uint8Array): EventLog {
  const simulated = new SimulatedPlatform({ seed: 2 });
  const log = EventLog.create('/log', {}, simulated);
  simulated.files.writeFile(joinPath(log.folderOf(0), '0000000000000000.log'), segment);
  return log;
}

function forgetClaim(log: EventLog): void {
  const path = log.folderOf(0);
  for (const { name } of platform.files.readDirectory(path)) if (name.startsWith('run-')) platform.files.unlink(joinPath(path, name));
}

afterEach(() => {
  for (const path of made.splice(0)) platform.files.removeTree(path);
});

describe('an event log', () => {
  it('gives back what was appended: keys, values, nulls, timestamps, headers, over segments', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            key: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
            value: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null }),
            timestamp: fc.option(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), { nil: undefined }),
            headers: fc.option(fc.array(fc.tuple(fc.string(), fc.uint8Array({ maxLength: 20 })), { maxLength: 3 }), { nil: undefined }),
            flush: fc.boolean(),
          }),
          { maxLength: 60 },
        ),
        (records) => {
          const log = newLog({ segmentBytes: 2048 });
          const writer = log.writer(0);
          for (const { flush, ...record } of records) {
            writer.append(record);
            if (flush) writer.flush();
          }
          writer.close();
          const back = [...log.records(0)];
          expect(back).toHaveLength(records.length);
          back.forEach((record, at) => {
            const expected = records[at]!;
            expect(record.offset).toBe(at);
            expect(record.key).toEqual(expected.key === undefined ? undefined : new Uint8Array(expected.key));
            expect(record.value).toEqual(expected.value === null ? null : new Uint8Array(expected.value));
            expect(record.timestamp).toBe(expected.timestamp ?? Number.NaN);
            // A lone surrogate has no UTF-8.
            expect(record.headers.map(([name, value]) => [name, [...value]])).toEqual((expected.headers ?? []).map(([name, value]) => [decodeUtf8(encodeUtf8(name)), [...value]]));
          });
          expect(log.verify()).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('goes on where it was after closing, and tells what it holds', () => {
    const log = newLog({ partitions: 2, segmentBytes: 1024 });
    append(log, Array.from({ length: 100 }, (_, at) => `first ${at}`));
    append(log, ['second'], 0);
    append(log, ['other'], 1);
    expect(read(log).at(-1)).toBe('second');
    expect(read(log, 1)).toEqual(['other']);
    const [zero, one] = EventLog.open(log.directory).stat();
    expect(zero).toMatchObject({ partition: 0, earliestOffset: 0, endOffset: 101, records: 101 });
    expect(one).toMatchObject({ partition: 1, records: 1, segments: 1 });
  });

  it('is tailed by a reader while it is written, over the roll of a segment', () => {
    const log = newLog({ segmentBytes: 1024 });
    const reader = log.reader(0);
    expect(reader.next()).toBe(false);
    const writer = log.writer(0);
    const seen: string[] = [];
    for (let at = 0; at < 200; at++) {
      writer.append({ value: text(`record ${at}`) });
      if (at % 3 === 0) writer.flush();
      while (reader.next()) seen.push(decodeUtf8(reader.cursor.value()!));
    }
    writer.close();
    while (reader.next()) seen.push(decodeUtf8(reader.cursor.value()!));
    reader.close();
    expect(seen).toEqual(Array.from({ length: 200 }, (_, at) => `record ${at}`));
  });

  it('shows records without a flush after a few milliseconds', async () => {
    const log = newLog();
    const writer = log.writer(0);
    writer.append({ value: text('soon') });
    expect(read(log)).toEqual([]);
    await expect.poll(() => read(log)).toEqual(['soon']);
    writer.close();
  });

  it('finds the first record at or after a time, also where times are in disorder', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 200 }), fc.integer({ min: -1, max: 1001 }), (times, wanted) => {
        const log = newLog({ segmentBytes: 1024 });
        const writer = log.writer(0);
        for (const [at, timestamp] of times.entries()) {
          writer.append({ value: null, timestamp });
          if (at % 7 === 0) writer.flush();
        }
        writer.close();
        const first = times.findIndex((time) => time >= wanted);
        expect(log.offsetOf(0, { timestamp: wanted })).toBe(first < 0 ? times.length : first);
      }),
      { numRuns: 60 },
    );
  });

  it('cuts off an end that was torn anywhere in the last two frames, and goes on', () => {
    const bytes = framesOf([['one', 'two'], ['three'], ['four', 'five']]);
    const ends = frameEnds(bytes);
    for (let length = ends[0]!; length < bytes.length; length++) {
      const log = logOf(bytes.slice(0, length));
      const kept = length < ends[1]! ? ['one', 'two'] : ['one', 'two', 'three'];
      expect(read(log)).toEqual(kept);
      const writer = log.writer(0);
      expect(writer.opening.cut).toBe(length - ends[kept.length - 2]!);
      expect(writer.nextOffset).toBe(kept.length);
      writer.append({ value: text('next') });
      writer.close();
      expect(read(log)).toEqual([...kept, 'next']);
      expect(log.verify()).toEqual([]);
    }
  });

  it('never gives a record with a flipped bit, and refuses to go on where it had been safe', () => {
    const bytes = framesOf([['one', 'two'], ['three'], ['four', 'five']]);
    const lastFrame = frameEnds(bytes)[1]!;
    const good = new Set(['one', 'two', 'three', 'four', 'five']);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 8);
      const log = logOf(changed);
      const seen: string[] = [];
      const reader = log.reader(0);
      const reading = (): void => {
        while (reader.next()) seen.push(decodeUtf8(reader.cursor.value()!));
      };
      if (at < lastFrame) {
        expect(reading, `byte ${at}`).toThrowError(expect.objectContaining({ code: LogDamaged.code }) as Error);
        expect(() => log.writer(0)).toThrowError(expect.objectContaining({ code: LogDamaged.code }) as Error);
      } else {
        reading();
        expect(seen).toEqual(['one', 'two', 'three']);
      }
      expect(seen.every((value) => good.has(value))).toBe(true);
      expect(log.verify().length).toBeGreaterThan(0);
      reader.close();
    }
  });

  it('takes nothing for torn after it was closed in order', () => {
    const log = newLog();
    append(log, ['one', 'two']);
    const path = onlySegment(log);
    const bytes = platform.files.readFile(path);
    platform.files.writeFile(path, bytes.slice(0, bytes.length - 1));
    expect(() => log.writer(0)).toThrowError(expect.objectContaining({ code: LogDamaged.code }) as Error);
    expect(() => read(log)).toThrowError(expect.objectContaining({ code: LogDamaged.code }) as Error);
  });

  it('verify calls damage what a writer refuses, and misses neither a segment nor a partition that is gone', () => {
    const log = newLog();
    append(log, ['one', 'two']);
    const path = onlySegment(log);
    const bytes = platform.files.readFile(path);
    platform.files.writeFile(path, bytes.slice(0, bytes.length - 1));
    expect(log.verify()).toMatchObject([{ partition: 0, offset: 0, isTornEnd: false }]);
    platform.files.unlink(path);
    expect(log.verify()).toMatchObject([{ isTornEnd: false, what: expect.stringContaining('it is gone') as string }]);
    expect(() => log.writer(0)).toThrowError(expect.objectContaining({ code: LogDamaged.code }) as Error);
    platform.files.removeTree(log.folderOf(0));
    expect(log.verify(0)).toMatchObject([{ isTornEnd: false, what: expect.stringContaining('gone') as string }]);
    const plain = newLog();
    const writer = plain.writer(0);
    writer.append({ value: text('one') });
    writer.seal();
    writer.seal();
    expect(plain.stat()[0]!.segments).toBe(2);
    expect(() => writer.compact()).toThrowError(expect.objectContaining({ code: LogSettingInvalid.code }) as Error);
    writer.close();
  });

  it('has one writer per partition', () => {
    const log = newLog({ partitions: 2 });
    const writer = log.writer(0);
    expect(() => log.writer(0)).toThrowError(expect.objectContaining({ code: PartitionInUse.code }) as Error);
    log.writer(1).close();
    writer.close();
    log.writer(0).close();
  });

  it('stops a writer that was taken over', () => {
    const log = newLog();
    const old = log.writer(0);
    old.append({ value: text('old') });
    old.flush();
    forgetClaim(log);
    platform.files.writeFile(joinPath(log.folderOf(0), 'run-2.json'), JSON.stringify({ ended: true }));
    const next = log.writer(0);
    platform.files.writeFile(joinPath(log.folderOf(0), 'run-2.json'), JSON.stringify({ ended: true }));
    old.append({ value: text('lost') });
    expect(() => old.flush()).toThrowError(expect.objectContaining({ code: WriterFenced.code }) as Error);
    next.append({ value: text('new') });
    next.close();
    expect(read(log)).toEqual(['old', 'new']);
  });

  it('removes old segments by size, and tells a reader that was too slow', () => {
    const log = newLog({ segmentBytes: 1024, retentionBytes: 4096 });
    const slow = log.reader(0);
    append(log, ['begin']);
    expect(slow.next()).toBe(true);
    append(log, Array.from({ length: 1000 }, (_, at) => `record ${at}`));
    const [stat] = log.stat();
    expect(stat!.bytes).toBeLessThan(4096 + 2 * 1024);
    expect(stat!.earliestOffset).toBeGreaterThan(0);
    expect(read(log).at(-1)).toBe('record 999');
    expect(() => {
      while (slow.next());
    }).toThrowError(expect.objectContaining({ code: OffsetRemoved.code }) as Error);
    expect(() => log.reader(0, { offset: 0 }).next()).toThrowError(expect.objectContaining({ code: OffsetRemoved.code }) as Error);
    expect(() => log.reader(0, { offset: 5000 }).next()).toThrowError(expect.objectContaining({ code: OffsetNotYet.code }) as Error);
  });

  it('removes segments by age, also the newest one when all of it is old', async () => {
    const simulated = new SimulatedPlatform({ seed: 1 });
    const log = EventLog.create('/log', { segmentBytes: 1024, retention: '1 h' }, simulated);
    const writer = log.writer(0);
    for (let at = 0; at < 100; at++) writer.append({ value: text(`old ${at}`) });
    writer.flush();
    expect(writer.applyRetention()).toBe(0);
    await simulated.advance(3_601_000);
    expect(writer.applyRetention()).toBeGreaterThan(0);
    writer.append({ value: text('new') });
    writer.close();
    expect(read(log)).toEqual(['new']);
    expect(log.earliestOffset(0)).toBe(100);
  });

  it('compacts to the newest record of each key, keeps offsets, and lets readers go on', async () => {
    const log = newLog({ segmentBytes: 1024, compact: true, deleteRetention: '1 ms' });
    const writer = log.writer(0);
    const newest = new Map<string, string>();
    for (let at = 0; at < 500; at++) {
      const key = `key ${(at * 7) % 13}`;
      writer.append({ key: text(key), value: text(`value ${at}`) });
      newest.set(key, `value ${at}`);
      if (at % 10 === 0) writer.flush();
    }
    writer.append({ key: text('gone'), value: text('x') });
    writer.append({ key: text('gone'), value: null });
    for (let at = 0; at < 60; at++) writer.append({ value: text(`without key ${at}`) });
    writer.flush();
    const reader = log.reader(0);
    for (let at = 0; at < 100; at++) expect(reader.next()).toBe(true);
    const before = writer.nextOffset;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const done = await writer.compact();
    expect(done.recordsAfter).toBeLessThan(done.recordsBefore / 4);
    let last = 99;
    while (reader.next()) {
      expect(reader.cursor.offset).toBeGreaterThan(last);
      last = reader.cursor.offset;
    }
    expect(last).toBe(before - 1);
    writer.append({ value: text('after') });
    writer.close();
    const after = new Map<string, string>();
    let unkeyed = 0;
    for (const { key, value } of log.records(0)) {
      if (key === undefined) unkeyed++;
      else if (value !== null) after.set(decodeUtf8(key), decodeUtf8(value));
    }
    expect(after).toEqual(newest);
    expect(unkeyed).toBe(61);
    expect(log.verify()).toEqual([]);
    for (let offset = 0; offset <= before; offset += 37) {
      const from = log.reader(0, { offset });
      expect(from.next()).toBe(true);
      expect(from.cursor.offset).toBeGreaterThanOrEqual(offset);
      from.close();
    }
  });

  it('compacts while the writer begins segments, and loses none of them', async () => {
    const log = newLog({ segmentBytes: 1024, compact: true });
    const writer = log.writer(0);
    const put = (from: number, to: number): void => {
      for (let at = from; at < to; at++) {
        writer.append({ key: text(`key ${at % 7}`), value: text(`value ${at}`) });
        writer.flush();
      }
    };
    put(0, 500);
    const compaction = writer.compact();
    expect(writer.compact()).toBe(compaction);
    put(500, 1000);
    await compaction;
    writer.close();
    const offsets = [...log.records(0)].map(({ offset }) => offset);
    expect(offsets.slice(-500)).toEqual(Array.from({ length: 500 }, (_, at) => 500 + at));
    expect(log.verify()).toEqual([]);
  });

  it('does not bring back what retention removed during a compaction', async () => {
    const log = newLog({ segmentBytes: 1024, compact: true, retentionBytes: 8192 });
    const writer = log.writer(0);
    const put = (): void => {
      writer.append({ key: text('key'), value: text('value'.repeat(10)) });
      writer.flush();
    };
    for (let at = 0; at < 50; at++) put();
    const compaction = writer.compact();
    const first = setInterval(put, 0);
    for (let at = 0; at < 200; at++) put();
    await compaction;
    clearInterval(first);
    writer.close();
    expect(log.verify()).toEqual([]);
    expect(read(log).length).toBeGreaterThan(50);
    expect(platform.files.readDirectory(log.folderOf(0)).filter(({ name }) => name.endsWith('.compacting'))).toEqual([]);
  });

  it('stops compacting when its writer is closed', async () => {
    const log = newLog({ segmentBytes: 1024, compact: true });
    const writer = log.writer(0);
    for (let at = 0; at < 500; at++) {
      writer.append({ key: text('key'), value: text(`value ${at}`) });
      writer.flush();
    }
    const compaction = writer.compact();
    writer.close();
    await expect(compaction).rejects.toMatchObject({ code: WriteFailed.code });
    expect(read(log)).toHaveLength(500);
    log.writer(0).close();
    expect(platform.files.readDirectory(log.folderOf(0)).filter(({ name }) => name.endsWith('.compacting'))).toEqual([]);
  });

  it('leaves no note of its end when another writer has taken over', () => {
    const log = newLog();
    const old = log.writer(0);
    old.append({ value: text('old') });
    old.sync();
    forgetClaim(log);
    platform.files.writeFile(joinPath(log.folderOf(0), 'run-2.json'), JSON.stringify({ ended: true }));
    const next = log.writer(0);
    next.append({ value: text('new') });
    next.sync();
    expect(() => old.close()).toThrowError(expect.objectContaining({ code: WriterFenced.code }) as Error);
    // The second process is killed here.
    forgetClaim(log);
    append(log, ['third']);
    expect(read(log)).toEqual(['old', 'new', 'third']);
  });

  it('seals an old segment also when each record has a writer of its own', async () => {
    const simulated = new SimulatedPlatform({ seed: 1 });
    const log = EventLog.create('/log', { segmentAge: '1 h' }, simulated);
    for (let at = 0; at < 5; at++) {
      append(log, [`record ${at}`]);
      await simulated.advance(40 * 60_000);
    }
    expect(log.stat()[0]!.segments).toBe(3);
  });

  it('keeps a frame whole when one of its records cannot be kept', () => {
    const log = newLog();
    const writer = log.writer(0);
    writer.append({ value: text('first') });
    for (const wrong of [{ value: undefined }, { value: 'text' }, { key: 7, value: null }, { value: null, headers: [['name', 'text']] }]) {
      expect(() => writer.append(wrong as never)).toThrowError(expect.objectContaining({ code: RecordUnusable.code }) as Error);
    }
    writer.append({ value: text('last') });
    writer.close();
    expect(read(log)).toEqual(['first', 'last']);
  });

  it('refuses what it cannot keep', () => {
    const log = newLog({ maxRecordBytes: 1000 });
    const writer = log.writer(0);
    expect(() => writer.append({ value: new Uint8Array(1001) })).toThrowError(expect.objectContaining({ code: RecordTooLarge.code }) as Error);
    expect(() => writer.append({ value: null, timestamp: 1.5 })).toThrowError(expect.objectContaining({ code: RecordUnusable.code }) as Error);
    writer.append({ value: text('fits') });
    writer.close();
    expect(() => writer.append({ value: null })).toThrowError(expect.objectContaining({ code: WriteFailed.code }) as Error);
    expect(read(log)).toEqual(['fits']);
    expect(() => log.reader(1)).toThrowError(expect.objectContaining({ code: PartitionUnknown.code }) as Error);
    expect(() => EventLog.create(log.directory)).toThrowError(expect.objectContaining({ code: LogExists.code }) as Error);
    expect(() => EventLog.open(folder())).toThrowError(expect.objectContaining({ code: LogMissing.code }) as Error);
    expect(() => newLog({ partitions: 0 })).toThrowError(expect.objectContaining({ code: LogSettingInvalid.code }) as Error);
    expect(() => newLog({ fsync: { everyMs: 0 } })).toThrowError(expect.objectContaining({ code: LogSettingInvalid.code }) as Error);
    platform.files.writeFile(joinPath(log.directory, 'log.json'), '{}');
    expect(() => EventLog.open(log.directory)).toThrowError(expect.objectContaining({ code: LogFormatUnknown.code }) as Error);
  });

  it('ends a writer whose disk is full, loses nothing that was safe, and goes on when there is room', () => {
    const simulated = new SimulatedPlatform({ seed: 7 });
    const log = EventLog.create('/log', { fsync: 'always' }, simulated);
    const writer = log.writer(0);
    writer.append({ value: text('safe') });
    writer.flush();
    const fault = simulated.files.faults.inject({ operations: ['write'], kind: 'diskFull' });
    writer.append({ value: text('too much') });
    expect(() => writer.flush()).toThrowError(expect.objectContaining({ code: WriteFailed.code }) as Error);
    fault.remove();
    expect(() => writer.append({ value: null })).toThrowError(expect.objectContaining({ code: WriteFailed.code }) as Error);
    writer.close();
    const next = log.writer(0);
    next.append({ value: text('room again') });
    next.close();
    expect(read(log)).toEqual(['safe', 'room again']);
  });

  it('keeps what was forced to the disk through a power cut, and nothing that was never appended', async () => {
    for (let seed = 0; seed < 150; seed++) {
      const before = new SimulatedPlatform({ seed });
      const log = EventLog.create('/log', { segmentBytes: 1024, fsync: seed % 2 === 0 ? 'always' : 'never' }, before);
      const writer = log.writer(0);
      const random = before.random;
      let count = 0;
      let safe = 0;
      for (let step = 0; step < 30; step++) {
        for (let more = random.nextUint32() % 12; more > 0; more--) writer.append({ value: text(`record ${count++} ${'x'.repeat(random.nextUint32() % 60)}`) });
        if (random.nextUint32() % 2 === 0) writer.flush();
        if (random.nextUint32() % 9 === 0) writer.sync();
        safe = writer.durableOffset;
      }
      const after = before.crash('tear');
      const reopened = EventLog.open('/log', after);
      const next = reopened.writer(0);
      expect(next.nextOffset, `seed ${seed}`).toBeGreaterThanOrEqual(safe);
      next.append({ value: text('after the cut') });
      next.close();
      const back = read(reopened);
      expect(back.at(-1)).toBe('after the cut');
      back.slice(0, -1).forEach((value, at) => expect(value.startsWith(`record ${at} `), `seed ${seed}`).toBe(true));
      expect(reopened.verify()).toEqual([]);
    }
  });
});

function frameEnds(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    at += 80 + view.getUint32(at + 8, true);
    ends.push(at);
  }
  return ends;
}

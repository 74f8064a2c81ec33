import { joinPath, makeDurableFolder, nodePlatform, type Platform, resolvePath } from '@millrace/core/spi';
import { readNote, writeNote } from './checked-note.js';
import { LogExists, LogFormatUnknown, LogMissing, PartitionUnknown } from './errors.js';
import type { LogRecord } from './log-record.js';
import { logSettings, type LogSettings, type NewLogSettings } from './log-settings.js';
import { PartitionReader } from './partition-reader.js';
import { PartitionWriter } from './partition-writer.js';
import { earliestOffset, endOffset, type LogPosition, offsetOf } from './positions.js';
import { partitionFolder, segmentBases, segmentPath } from './segment-files.js';
import { segmentIndex } from './segment-index.js';
import { verifyPartition, type PartitionProblem } from './verification.js';

const FORMAT = 1;

interface LogNote {
  readonly format: number;
  readonly createdAt: number;
  readonly settings: LogSettings;
}

/** What a partition holds. */
export interface PartitionStat {
  readonly partition: number;
  readonly earliestOffset: number;
  readonly endOffset: number;
  readonly segments: number;
  readonly bytes: number;
  readonly records: number;
  /** The greatest event time, epoch milliseconds; undefined when no record has one. */
  readonly maxTimestamp: number | undefined;
  /** When the newest record was appended, epoch milliseconds; undefined when there is none. */
  readonly lastAppendedAt: number | undefined;
}

/**
 * A durable, append-only log of records in partitions, in a directory of the file system. Any number of readers and one
 * writer per partition may use it at a time, in any number of processes.
 *
 * @example
 * ```ts
 * import { EventLog } from '@millrace/event-log';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const log = EventLog.create(join(mkdtempSync(join(tmpdir(), 'log-')), 'orders'), { partitions: 2 });
 * const writer = log.writer(0);
 * writer.append({ value: new TextEncoder().encode('{"id":1}'), timestamp: 1_700_000_000_000 });
 * writer.close();
 * for (const { offset, value } of log.records(0)) console.log(offset, new TextDecoder().decode(value!));
 * ```
 */
export class EventLog {
  readonly directory: string;
  readonly settings: LogSettings;
  readonly #platform: Platform;

  private constructor(platform: Platform, directory: string, settings: LogSettings) {
    this.directory = directory;
    this.settings = settings;
    this.#platform = platform;
  }

  /** Makes a log; throws `LogExists` where there is one. Relative paths start at the directory the program runs in. */
  static create(directory: string, settings: NewLogSettings = {}, platform: Platform = nodePlatform()): EventLog {
    const resolved = logSettings(settings);
    const path = resolvePath(platform.process.cwd(), directory);
    makeDurableFolder(platform.files, path);
    if (platform.files.exists(notePath(path))) throw LogExists.error({ what: `${path} holds a log`, where: { file: path } });
    for (let partition = 0; partition < resolved.partitions; partition++) platform.files.makeDirectory(partitionFolder(path, partition));
    const note: LogNote = { format: FORMAT, createdAt: platform.clock.now(), settings: resolved };
    writeNote(platform.files, notePath(path), note);
    platform.files.syncDirectory(path);
    return new EventLog(platform, path, resolved);
  }

  /** Opens a log; throws `LogMissing` or `LogFormatUnknown`. */
  static open(directory: string, platform: Platform = nodePlatform()): EventLog {
    const path = resolvePath(platform.process.cwd(), directory);
    if (!platform.files.exists(notePath(path))) throw LogMissing.error({ what: `${path} is no event log`, where: { file: path } });
    const note = readNote(platform.files, notePath(path)) as LogNote | undefined;
    if (note?.format !== FORMAT) {
      throw LogFormatUnknown.error({ what: note === undefined ? `${notePath(path)} is damaged` : `the log has format ${String(note.format)}; this version reads format ${FORMAT}`, where: { file: notePath(path) } });
    }
    return new EventLog(platform, path, note.settings);
  }

  /** Opens a log, or makes it where there is none. */
  static openOrCreate(directory: string, settings: NewLogSettings = {}, platform: Platform = nodePlatform()): EventLog {
    const path = resolvePath(platform.process.cwd(), directory);
    try {
      return platform.files.exists(notePath(path)) ? EventLog.open(path, platform) : EventLog.create(path, settings, platform);
    } catch (error) {
      // Somebody else has made it in between.
      if (LogExists.is(error)) return EventLog.open(path, platform);
      throw error;
    }
  }

  /** The writer of a partition; throws `PartitionInUse` while there is another one. */
  writer(partition: number): PartitionWriter {
    return PartitionWriter.open(this.#platform, this.folderOf(partition), this.settings);
  }

  /** A reader of a partition, at its oldest record unless given another position. */
  reader(partition: number, from: LogPosition = 'earliest'): PartitionReader {
    return new PartitionReader(this.#platform.files, this.folderOf(partition), this.offsetOf(partition, from));
  }

  /** The records of a partition up to its present end, or up to an offset. Each has bytes of its own. */
  *records(partition: number, options: { readonly from?: LogPosition; readonly until?: number } = {}): Generator<LogRecord> {
    const until = options.until ?? this.endOffset(partition);
    const reader = this.reader(partition, options.from);
    try {
      while (reader.nextOffset < until && reader.next() && reader.cursor.offset < until) {
        const { cursor } = reader;
        const headers = cursor.headers().map(([name, value]) => [name, value.slice()] as const);
        yield { partition, offset: cursor.offset, key: cursor.key()?.slice(), value: cursor.value()?.slice() ?? null, timestamp: cursor.timestamp, headers };
      }
    } finally {
      reader.close();
    }
  }

  /** Offset of a position as the partition is now. */
  offsetOf(partition: number, position: LogPosition): number {
    return offsetOf(this.#platform.files, this.folderOf(partition), position);
  }

  /** Offset of the oldest record of a partition. */
  earliestOffset(partition: number): number {
    return earliestOffset(this.#platform.files, this.folderOf(partition));
  }

  /** Offset behind the newest record of a partition. */
  endOffset(partition: number): number {
    return endOffset(this.#platform.files, this.folderOf(partition));
  }

  /** What each partition holds. */
  stat(): readonly PartitionStat[] {
    return Array.from({ length: this.settings.partitions }, (_, partition) => this.#statOf(partition));
  }

  /** Reads every byte, of one partition or of all, and gives what is wrong. An end cut off by a crash is told, and mended by the next writer. */
  verify(partition?: number): readonly PartitionProblem[] {
    const partitions = partition === undefined ? Array.from({ length: this.settings.partitions }, (_, each) => each) : [partition];
    return partitions.flatMap((each) => verifyPartition(this.#platform.files, this.folderOf(each), each));
  }

  /** Folder of a partition; throws `PartitionUnknown`. */
  folderOf(partition: number): string {
    const { partitions } = this.settings;
    if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partitionFolder(this.directory, partition);
    throw PartitionUnknown.error({ what: `${this.directory} has the partitions 0 to ${partitions - 1}, and ${partition} was asked for`, where: { file: this.directory } });
  }

  #statOf(partition: number): PartitionStat {
    const { files } = this.#platform;
    const folder = this.folderOf(partition);
    const bases = segmentBases(files, folder);
    const indexes = bases.map((base, at) => segmentIndex(files, folder, base, at < bases.length - 1));
    const maxTimestamp = indexes.reduce((most, index) => Math.max(most, index.maxTimestamp ?? Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
    const lastAppendedAt = indexes.reduce((last, index) => Math.max(last, index.lastAppendedAt), 0);
    return {
      partition,
      earliestOffset: bases[0] ?? 0,
      endOffset: indexes.at(-1)?.endOffset ?? 0,
      segments: bases.length,
      bytes: bases.reduce((sum, base) => sum + files.stat(segmentPath(folder, base)).size, 0),
      records: indexes.reduce((sum, index) => sum + index.records, 0),
      maxTimestamp: Number.isFinite(maxTimestamp) ? maxTimestamp : undefined,
      lastAppendedAt: lastAppendedAt === 0 ? undefined : lastAppendedAt,
    };
  }
}

function notePath(directory: string): string {
  return joinPath(directory, 'log.json');
}

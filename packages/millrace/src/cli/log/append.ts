import { createReadStream, existsSync } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import type { MillraceError } from '@millrace/core/command';
import { EVENT_LOG_ERRORS, type EventLog, partitionOfKey, type PartitionWriter } from '@millrace/event-log';
import { WrongUse } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { interruptible } from '../interruptible.js';
import { bytes, count } from '../table.js';
import type { Terminal } from '../terminal.js';
import type { AppendToLog } from './commands.js';
import { LineUnusable } from './errors.js';
import { type Line, LineSplitter } from './lines.js';
import { type PlacedRecord, recordMaker } from './line-record.js';
import { openWriter } from './open-writer.js';

const CHUNK_BYTES = 256 * 1024;
/** JSON needs more bytes than what it means, base64 and escapes included. */
const JSON_GROWTH = 6;
/** Bad lines that are shown when they are passed over. */
const BAD_SHOWN = 5;
/** What is wrong with one record only: too large, a time out of range, a partition that is not there. */
const OF_ONE_RECORD = [LineUnusable, ...EVENT_LOG_ERRORS.filter(({ code }) => ['MR-4109', 'MR-4110', 'MR-4112'].includes(code))];

/** Appends the lines of a file or of standard input. What was appended is on the disk when it ends, however it ends. */
export async function append(log: EventLog, command: AppendToLog, terminal: Terminal): Promise<number> {
  const { file } = command;
  if (file !== undefined && !existsSync(file)) throw WrongUse.error({ what: `there is no file ${file}`, where: { file } });
  if (file === undefined && process.stdin.isTTY) terminal.note('every line typed here becomes a record; Ctrl-D ends');
  return interruptible(terminal, '', async (signal) => {
    const input = file === undefined ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
    const appending = new Appending(log, command, terminal);
    try {
      await appending.all(addAbortSignal(signal, input as Readable));
    } finally {
      appending.close();
    }
    return EXIT.finished;
  });
}

/** One run over an input. */
class Appending {
  readonly #log: EventLog;
  readonly #command: AppendToLog;
  readonly #terminal: Terminal;
  readonly #startedAt: number;
  readonly #record: (line: Uint8Array) => PlacedRecord | undefined;
  readonly #writers: Map<number, { readonly writer: PartitionWriter; readonly first: number }>;
  #records: number;
  #bytes: number;
  #bad: number;
  /** The partition of the next record that has neither key nor partition. */
  #turn: number;
  #toldAt: number;

  constructor(log: EventLog, command: AppendToLog, terminal: Terminal) {
    this.#log = log;
    this.#command = command;
    this.#terminal = terminal;
    this.#startedAt = performance.now();
    this.#record = recordMaker(command.lines);
    this.#writers = new Map();
    this.#records = 0;
    this.#bytes = 0;
    this.#bad = 0;
    this.#turn = 0;
    this.#toldAt = this.#startedAt;
  }

  /** Takes a chunk at a time: the next one is asked for when this one is in the log. */
  async all(input: Readable): Promise<void> {
    const { maxRecordBytes } = this.#log.settings;
    const splitter = new LineSplitter(this.#command.lines.jsonLines ? maxRecordBytes * JSON_GROWTH : maxRecordBytes);
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      for (const line of splitter.chunk(chunk)) if (!this.#appended(line)) await this.#appendToNew(line);
      this.#progress();
    }
    for (const line of splitter.end()) if (!this.#appended(line)) await this.#appendToNew(line);
  }

  /** Forces everything to the disk, and says what is there. */
  close(): void {
    const failures: unknown[] = [];
    for (const { writer } of this.#writers.values()) {
      try {
        writer.close();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#terminal.endProgress();
    this.#report(failures.length === 0);
    if (failures.length > 0) throw failures[0];
  }

  /** Appends a line; false when its partition has no writer yet. */
  #appended(line: Line): boolean {
    try {
      if (line.isTooLong) throw LineUnusable.error({ what: `it is longer than the log's limit of ${bytes(this.#log.settings.maxRecordBytes)}` });
      const record = this.#record(line.bytes);
      if (record === undefined) return true;
      const partition = this.#partitionOf(record);
      const open = this.#writers.get(partition);
      if (open === undefined) {
        this.#log.folderOf(partition);
        return false;
      }
      open.writer.append(record);
      this.#turn = (this.#turn + 1) % this.#log.settings.partitions;
      this.#records++;
      this.#bytes += line.bytes.length;
    } catch (error) {
      this.#refused(line, error);
    }
    return true;
  }

  async #appendToNew(line: Line): Promise<void> {
    const record = this.#record(line.bytes)!;
    const partition = this.#partitionOf(record);
    const writer = await openWriter(this.#log, partition, this.#command.waitMs);
    if (writer.opening.cut > 0) this.#terminal.note(`partition ${partition}: a torn end of ${bytes(writer.opening.cut)}, left by a crash, was cut off`);
    this.#writers.set(partition, { writer, first: writer.nextOffset });
    this.#appended(line);
  }

  #partitionOf({ partition, key }: PlacedRecord): number {
    const given = this.#command.partition ?? partition;
    if (given !== undefined) return given;
    return key === undefined ? this.#turn : partitionOfKey(key, this.#log.settings.partitions);
  }

  #refused(line: Line, error: unknown): void {
    // A disk that is full is no fault of the line.
    if (!OF_ONE_RECORD.some((kind) => kind.is(error))) throw error;
    const { what } = error as MillraceError;
    const place = `line ${count(line.number)}${this.#command.file === undefined ? '' : ` of ${this.#command.file}`}: ${what}`;
    if (!this.#command.skipBad) throw LineUnusable.error({ what: `${place}. The ${count(this.#records)} records before it are in the log`, ...(this.#command.file === undefined ? {} : { where: { file: this.#command.file, offset: line.number } }) });
    this.#bad++;
    if (this.#bad <= BAD_SHOWN) this.#terminal.note(`passed over: ${place}`);
  }

  #progress(): void {
    const now = performance.now();
    if (now - this.#toldAt < 1000) return;
    this.#toldAt = now;
    const rate = (this.#records / (now - this.#startedAt)) * 1000;
    this.#terminal.progress(`${count(this.#records)} records · ${bytes(this.#bytes)} · ${count(Math.round(rate))}/s`);
  }

  #report(isWhole: boolean): void {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const parts = [...this.#writers].sort(([left], [right]) => left - right).map(([partition, { writer, first }]) => ({ partition, from: first, to: writer.durableOffset }));
    const filled = parts.filter(({ from, to }) => to > from);
    if (this.#command.json) {
      this.#terminal.out(`${JSON.stringify({ records: this.#records, bytes: this.#bytes, bad: this.#bad, seconds, partitions: filled })}\n`);
      return;
    }
    const shown = filled.slice(0, 4).map(({ partition, from, to }) => `partition ${partition}: offsets ${from} to ${to - 1}`);
    const more = filled.length > shown.length ? ` and ${filled.length - shown.length} more partitions` : '';
    const bad = this.#bad === 0 ? '' : ` · ${count(this.#bad)} bad lines passed over`;
    if (isWhole) this.#terminal.note(`appended ${count(this.#records)} records (${bytes(this.#bytes)}) in ${seconds.toFixed(2)} s${bad}${shown.length === 0 ? '' : ` · ${shown.join(', ')}${more}`}`);
    else this.#terminal.note(`on the disk of what was to be appended: ${shown.length === 0 ? 'nothing' : `${shown.join(', ')}${more}`}`);
  }
}

import { MillraceError } from '../../base/errors.js';
import { joinPath } from '../../base/paths.js';
import type { Format } from '../../connector/format.js';
import type { SinkWriter, WriteContext, WriterContext } from '../../connector/sink.js';
import { OutputLost, OutputUnwritable } from '../errors.js';
import { makeDurableFolder } from '../../base/durable-folder.js';
import type { FileCommittable } from './file-committer.js';
import { PartFile, type PartPlace } from './part-file.js';
import { finalNumber, type PartNames, readHidden } from './part-names.js';
import { checkedPartition, type PartitionBy } from './partitions.js';

/** More files at once are not kept open: the one written least recently is closed. */
const MOST_OPEN = 64;
/** Bytes copied without letting others run. */
const COPY_STEP = 1024 * 1024;

/** What a file writer is told. */
export interface FileWriting<T> {
  /** Absolute path of the output directory. */
  readonly root: string;
  readonly format: Format<T>;
  readonly mark: string;
  readonly names: PartNames;
  readonly packed: boolean;
  readonly rollBytes: number;
  readonly rollMs: number;
  readonly partitionBy: PartitionBy<T> | undefined;
}

/** A file that was open at a checkpoint: its first `length` bytes count. */
export interface OpenPart extends PartPlace {
  readonly length: number;
  readonly partition: string;
}

/** What a checkpoint keeps of one writer. */
export interface FileWriterState {
  /** Numbers below were used. */
  readonly next: number;
  readonly open: readonly OpenPart[];
  /** Hidden names of files handed out for committing. */
  readonly handedOut: readonly string[];
}

/**
 * Writes part files under hidden names. A file goes on through checkpoints until it is large or old enough to be rolled,
 * so that few files come out; a checkpoint keeps its length. After a restart that part of it is copied into a file of the
 * new run, because a process that was taken for dead might still be writing into the old one.
 */
export class FileWriter<T> implements SinkWriter<T, FileCommittable, FileWriterState> {
  readonly stateMode = 'union';
  readonly #writing: FileWriting<T>;
  readonly #context: WriterContext;
  readonly #restored: readonly FileWriterState[];
  /** Open files by partition, the one written most recently last. */
  readonly #open: Map<string, PartFile<T>>;
  #rolled: FileCommittable[];
  #handedOut: string[];
  #next: number;
  #current: PartFile<T> | undefined;
  #ending: boolean;
  /** Whether files were made since the names in the directory were last made durable. */
  #newNames: boolean;

  constructor(writing: FileWriting<T>, context: WriterContext, restored: readonly FileWriterState[]) {
    this.#writing = writing;
    this.#context = context;
    this.#restored = restored;
    this.#open = new Map();
    this.#rolled = [];
    this.#handedOut = [];
    this.#next = 0;
    this.#current = undefined;
    this.#ending = false;
    this.#newNames = false;
  }

  async start(): Promise<void> {
    try {
      makeDurableFolder(this.#context.platform.files, this.#writing.root);
      this.#removeLeftovers();
      this.#next = this.#firstNumber();
      await this.#takeOver();
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  write(value: T, context: WriteContext): void {
    const { partitionBy, rollBytes } = this.#writing;
    const partition = partitionBy === undefined ? '' : partitionBy(value, context.timestamp);
    try {
      const file = this.#fileOf(partition);
      file.write(value);
      if (file.sizeAtLeast >= rollBytes) this.#roll(file);
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  tick(now: number): void {
    try {
      for (const file of this.#open.values()) if (now - file.openedAt >= this.#writing.rollMs) this.#roll(file);
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  flush(endOfInput: boolean): void {
    try {
      if (endOfInput) {
        this.#ending = true;
        for (const file of this.#open.values()) this.#roll(file);
      } else {
        for (const file of this.#open.values()) file.sync();
      }
      // The names of hidden files must outlive a crash as well.
      if (this.#newNames) this.#context.platform.files.syncDirectory(this.#writing.root);
      this.#newNames = false;
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  prepareCommit(): readonly FileCommittable[] {
    // Without checkpoints a bounded job commits at its end only: what it has rolled waits.
    if (!this.#context.checkpoints && this.#context.bounded && !this.#ending) return [];
    const committables = this.#rolled;
    this.#rolled = [];
    for (const committable of committables) if (committable.kind === 'publish') this.#handedOut.push(committable.hidden);
    return committables;
  }

  snapshot(): readonly FileWriterState[] {
    const { root } = this.#writing;
    this.#handedOut = this.#handedOut.filter((hidden) => this.#context.platform.files.exists(joinPath(root, hidden)));
    const open = [...this.#open.values()].map((file) => ({ ...file.place, length: file.size, partition: file.partition }));
    return [{ next: this.#next, open, handedOut: [...this.#handedOut] }];
  }

  close(): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
    this.#current = undefined;
  }

  #fileOf(partition: string): PartFile<T> {
    const current = this.#current;
    if (current !== undefined && current.partition === partition) return current;
    let file = this.#open.get(partition);
    if (file === undefined) {
      if (partition !== '' || this.#writing.partitionBy !== undefined) checkedPartition(partition);
      if (this.#open.size >= MOST_OPEN) this.#roll([...this.#open.values()][0]!);
      file = this.#newFile(partition);
    } else {
      this.#open.delete(partition);
    }
    this.#open.set(partition, file);
    this.#current = file;
    return file;
  }

  #newFile(partition: string): PartFile<T> {
    const { format, packed, root } = this.#writing;
    return new PartFile(this.#context.platform, root, this.#newPlace(partition), partition, format.createEncoder(), format.separator, packed);
  }

  #newPlace(partition: string): PartPlace {
    const { names } = this.#writing;
    const { subtask, epoch } = this.#context;
    const number = this.#next++;
    this.#newNames = true;
    const final = names.final(subtask, number);
    return { hidden: names.hidden(subtask, number, epoch), final: partition === '' ? final : `${partition}/${final}` };
  }

  #roll(file: PartFile<T>): void {
    file.sync();
    file.close();
    this.#open.delete(file.partition);
    if (this.#current === file) this.#current = undefined;
    this.#rolled.push({ kind: 'publish', ...file.place });
  }

  /** Hidden files of earlier runs that no checkpoint knows. Each subtask looks after its own index and those no longer used. */
  #removeLeftovers(): void {
    const { root, mark } = this.#writing;
    const { platform, subtask, parallelism, epoch } = this.#context;
    const known = new Set(this.#restored.flatMap(({ open, handedOut }) => [...handedOut, ...open.map(({ hidden }) => hidden)]));
    for (const { name } of platform.files.readDirectory(root)) {
      const part = readHidden(name, mark);
      if (part === undefined || known.has(name) || part.subtask % parallelism !== subtask || part.epoch > epoch) continue;
      platform.files.unlink(joinPath(root, name));
    }
  }

  /** Above all numbers in use: those in the checkpoint, or those of the files that are there. */
  #firstNumber(): number {
    if (this.#restored.length > 0) return Math.max(...this.#restored.map(({ next }) => next));
    return highestNumber(this.#context, this.#writing.root) + 1;
  }

  /** Copies what the files open at the checkpoint held; the files are dealt out over the subtasks. */
  async #takeOver(): Promise<void> {
    const { subtask, parallelism } = this.#context.restoresOwn === true ? { subtask: 0, parallelism: 1 } : this.#context;
    const all = this.#restored.flatMap(({ open }) => open).sort((left, right) => (left.hidden < right.hidden ? -1 : 1));
    for (let at = subtask; at < all.length; at += parallelism) {
      const part = all[at]!;
      if (part.length > 0) {
        const place = this.#newPlace(part.partition);
        await this.#copy(part, place);
        this.#rolled.push({ kind: 'publish', ...place });
      }
      this.#rolled.push({ kind: 'remove', hidden: part.hidden });
    }
  }

  async #copy(part: OpenPart, place: PartPlace): Promise<void> {
    const { root } = this.#writing;
    const { files, timers } = this.#context.platform;
    const path = joinPath(root, part.hidden);
    if (!files.exists(path) || files.stat(path).size < part.length) {
      throw OutputLost.error({ what: `"${path}" should hold ${part.length} bytes of the checkpoint, and ${files.exists(path) ? 'is shorter' : 'is gone'}`, where: { file: path } });
    }
    const from = files.open(path, 'read');
    const to = files.open(joinPath(root, place.hidden), 'createNew');
    try {
      const block = new Uint8Array(Math.min(COPY_STEP, part.length));
      for (let at = 0; at < part.length; ) {
        const count = from.read(block.subarray(0, Math.min(block.length, part.length - at)), at);
        to.write(block.subarray(0, count));
        at += count;
        if (at < part.length) await new Promise<void>((resolve) => timers.immediate(resolve));
      }
      to.sync();
    } finally {
      from.close();
      to.close();
    }
  }

  #unwritable(error: unknown): unknown {
    if (!(error instanceof MillraceError) || !error.code.startsWith('MR-28')) return error;
    return OutputUnwritable.error({ what: `writing into "${this.#writing.root}" failed: ${error.what}`, remedy: error.remedy, where: { file: error.where.file ?? this.#writing.root }, cause: error });
  }
}

/** The highest number of the committed parts in a directory and the folders in it; -1 when there are none. */
function highestNumber(context: WriterContext, directory: string): number {
  let highest = -1;
  for (const { name, isDirectory } of context.platform.files.readDirectory(directory)) {
    if (isDirectory) highest = Math.max(highest, name.startsWith('.') ? -1 : highestNumber(context, joinPath(directory, name)));
    else highest = Math.max(highest, finalNumber(name) ?? -1);
  }
  return highest;
}

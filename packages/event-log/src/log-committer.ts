import { type CommitContext, type Committer, type FileHandle, joinPath, type WriterContext } from '@millrace/core/spi';
import { CommitLost, PartitionInUse } from './errors.js';
import type { EventLog } from './event-log.js';
import { LAST_OF_COMMIT } from './frame-header.js';
import type { PartitionWriter } from './partition-writer.js';
import { type LogCommittable, STAGED_PREFIX_BYTES, stagingFolder } from './staging.js';

/** A commit waits so long for another writer of a partition to be done. */
const PATIENCE_MS = 30_000;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 200;

type Part = Omit<LogCommittable, 'before'>;

/** A frame in a staged file. */
interface StagedFrame {
  readonly position: number;
  readonly length: number;
}

/**
 * Brings staged records into the log. A repeated commit adds only the frames that are not there yet; which they are, the
 * frames in the log say by their producer. The staged file goes when all of it is on the disk of the log.
 */
export class LogCommitter implements Committer<LogCommittable> {
  readonly #log: EventLog;
  readonly #context: WriterContext;

  constructor(log: EventLog, context: WriterContext) {
    this.#log = log;
    this.#context = context;
  }

  async commit(committables: readonly LogCommittable[], context: CommitContext): Promise<void> {
    const { files } = this.#context.platform;
    const ordered = withThoseBefore(committables).sort((left, right) => left.commit - right.commit);
    const partitions = new Set(ordered.flatMap((committable) => committable.partitions));
    for (const partition of [...partitions].sort((left, right) => left - right)) {
      const writer = await this.#writerOf(partition);
      try {
        for (const committable of ordered) if (committable.partitions.includes(partition)) this.#append(writer, partition, committable, context);
      } finally {
        writer.close();
      }
    }
    for (const { file } of ordered) if (files.exists(this.#pathOf(file))) files.unlink(this.#pathOf(file));
  }

  #append(writer: PartitionWriter, partition: number, { file: name, bytes, producer, commit }: Part, context: CommitContext): void {
    const { files } = this.#context.platform;
    const path = this.#pathOf(name);
    const done = writer.framesOf(producer, commit);
    if (done === Number.POSITIVE_INFINITY) return;
    if (!files.exists(path) || files.stat(path).size < bytes) {
      throw CommitLost.error({ what: `${path} should hold ${bytes} bytes ${context.recovered ? 'of the restored checkpoint' : ''}, and ${files.exists(path) ? 'is shorter' : 'is gone'}`, where: { file: path } });
    }
    const file = files.open(path, 'read');
    try {
      const frames = framesOf(file, bytes, partition);
      for (let at = done; at < frames.length; at++) {
        const flags = at === frames.length - 1 ? LAST_OF_COMMIT : 0;
        writer.appendFrame(readFrame(file, frames[at]!), { producer, commit, frameOfCommit: at, flags });
      }
    } finally {
      file.close();
    }
  }

  /** Takes the partition; another sink's commit is over soon, another program's writer maybe not. */
  async #writerOf(partition: number): Promise<PartitionWriter> {
    const { clock, timers } = this.#context.platform;
    const until = clock.monotonicMs() + PATIENCE_MS;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
      try {
        return this.#log.writer(partition);
      } catch (error) {
        if (!PartitionInUse.is(error) || clock.monotonicMs() > until) throw error;
      }
      await new Promise<void>((resolve) => timers.setTimer(waitMs, resolve));
    }
  }

  #pathOf(name: string): string {
    return joinPath(stagingFolder(this.#log.directory), name);
  }
}

/** All that is to be committed, each once. */
function withThoseBefore(committables: readonly LogCommittable[]): Part[] {
  const parts = new Map<string, Part>();
  for (const committable of committables) for (const part of [...committable.before, committable]) parts.set(part.file, part);
  return [...parts.values()];
}

/** Where the frames of a partition stand in a staged file. */
function framesOf(file: FileHandle, bytes: number, wanted: number): readonly StagedFrame[] {
  const frames: StagedFrame[] = [];
  const prefix = new Uint8Array(STAGED_PREFIX_BYTES);
  const view = new DataView(prefix.buffer);
  for (let position = 0; position < bytes; ) {
    readInto(file, prefix, position);
    const length = view.getUint32(4, true);
    if (view.getUint32(0, true) === wanted) frames.push({ position: position + STAGED_PREFIX_BYTES, length });
    position += STAGED_PREFIX_BYTES + length;
  }
  return frames;
}

function readFrame(file: FileHandle, { position, length }: StagedFrame): Uint8Array {
  const bytes = new Uint8Array(length);
  readInto(file, bytes, position);
  return bytes;
}

function readInto(file: FileHandle, into: Uint8Array, position: number): void {
  for (let length = 0; length < into.length; ) {
    const read = file.read(into.subarray(length), position + length);
    if (read === 0) throw CommitLost.error({ what: `${file.path} ends at byte ${position + length}`, where: { file: file.path } });
    length += read;
  }
}

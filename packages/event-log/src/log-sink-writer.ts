import { ByteWriter, encodeUtf8, type Encoder, type FileHandle, joinPath, makeDurableFolder, type SinkWriter, type WriteContext, type WriterContext } from '@millrace/core/spi';
import { PartitionUnknown } from './errors.js';
import type { EventLog } from './event-log.js';
import { FrameBuilder } from './frame-builder.js';
import { partitionOfKey } from './key-partition.js';
import type { EventLogSinkOptions } from './log-sink-options.js';
import type { ProducerId } from './producers.js';
import { type LogCommittable, newProducer, sinkMark, STAGED_PREFIX_BYTES, stagedFiles, stagedName, stagingFolder } from './staging.js';

/** A frame this large is staged without waiting for more records. */
const FRAME_BYTES = 128 * 1024;

/** What a checkpoint keeps of one writer. */
export interface LogSinkState {
  /** Staged files that were handed out and may not be committed yet. */
  readonly handedOut: readonly string[];
}

interface Staging {
  readonly name: string;
  readonly file: FileHandle;
  readonly partitions: Set<number>;
  bytes: number;
}

/**
 * Gathers records into frames, one per partition, and stages them in a file; at a barrier the file is forced to the disk
 * and handed out. The committer gives the frames their offsets.
 */
export class LogSinkWriter<T> implements SinkWriter<T, LogCommittable, LogSinkState> {
  readonly stateMode = 'union';
  readonly #log: EventLog;
  readonly #options: EventLogSinkOptions<T>;
  readonly #context: WriterContext;
  readonly #restored: readonly LogSinkState[];
  readonly #encoder: Encoder<T>;
  readonly #bytes: ByteWriter;
  readonly #mark: string;
  readonly #producer: ProducerId;
  readonly #frames: Map<number, FrameBuilder>;
  #staging: Staging | undefined;
  #ready: Omit<LogCommittable, 'before'>[];
  #handedOut: readonly Omit<LogCommittable, 'before'>[];
  #commit: number;
  #turn: number;
  #ending: boolean;

  constructor(log: EventLog, options: EventLogSinkOptions<T>, context: WriterContext, restored: readonly LogSinkState[]) {
    this.#log = log;
    this.#options = options;
    this.#context = context;
    this.#restored = restored;
    this.#encoder = options.format.createEncoder();
    this.#bytes = new ByteWriter(1024);
    this.#mark = sinkMark(context.platform, context.job, context.uid ?? context.operator);
    this.#frames = new Map();
    this.#staging = undefined;
    this.#ready = [];
    this.#handedOut = [];
    this.#producer = newProducer(context.platform);
    this.#commit = 1;
    this.#turn = context.subtask;
    this.#ending = false;
  }

  start(): Promise<void> | void {
    const { files } = this.#context.platform;
    makeDurableFolder(files, stagingFolder(this.#log.directory));
    this.#removeLeftovers();
    return this.#encoder.start?.({});
  }

  write(value: T, context: WriteContext): void {
    const { key: keyOf, headers, deletes } = this.#options;
    const given = keyOf?.(value);
    const key = typeof given === 'string' ? encodeUtf8(given) : given;
    const partition = this.#partitionOf(value, key);
    const frame = this.#frameOf(partition);
    this.#bytes.reset();
    const deleted = deletes?.(value) === true;
    if (!deleted) this.#encoder.encode(value, this.#bytes);
    const { timestamp } = context;
    frame.add({ key, value: deleted ? null : this.#bytes.view(), timestamp: Number.isFinite(timestamp) ? Math.floor(timestamp) : undefined, headers: headers?.(value) });
    if (frame.size >= FRAME_BYTES) this.#stage(partition, frame);
  }

  tick(): void {
    // Without checkpoints an unbounded job shows what it has every time.
    if (!this.#context.checkpoints && !this.#context.bounded) this.#seal();
  }

  flush(endOfInput: boolean): void {
    if (endOfInput) this.#ending = true;
    this.#seal();
  }

  prepareCommit(): readonly LogCommittable[] {
    // Without checkpoints a bounded job commits at its end only.
    if (!this.#context.checkpoints && this.#context.bounded && !this.#ending) return [];
    // A restart deals what is not committed out over subtasks, which do not wait for each other: each part knows those before it.
    const before = this.#stillStaged();
    const ready = this.#ready;
    this.#ready = [];
    this.#handedOut = [...before, ...ready];
    return ready.map((committable, at) => ({ ...committable, before: [...before, ...ready.slice(0, at)] }));
  }

  snapshot(): readonly LogSinkState[] {
    this.#handedOut = this.#stillStaged();
    return [{ handedOut: this.#handedOut.map(({ file }) => file) }];
  }

  close(): void {
    this.#staging?.file.close();
    this.#staging = undefined;
  }

  /** What was handed out and is not committed: a staged file goes with its commit. */
  #stillStaged(): readonly Omit<LogCommittable, 'before'>[] {
    const { files } = this.#context.platform;
    return this.#handedOut.filter(({ file }) => files.exists(joinPath(stagingFolder(this.#log.directory), file)));
  }

  #partitionOf(value: T, key: Uint8Array | undefined): number {
    const { partitions } = this.#log.settings;
    const { partition } = this.#options;
    if (partition !== undefined) {
      const chosen = partition(value, partitions);
      if (Number.isInteger(chosen) && chosen >= 0 && chosen < partitions) return chosen;
      throw PartitionUnknown.error({ what: `the function "partition" of the sink gave ${String(chosen)}, and the log has the partitions 0 to ${partitions - 1}` });
    }
    if (key !== undefined) return partitionOfKey(key, partitions);
    this.#turn = (this.#turn + 1) % partitions;
    return this.#turn;
  }

  #frameOf(partition: number): FrameBuilder {
    let frame = this.#frames.get(partition);
    if (frame === undefined) {
      frame = new FrameBuilder(this.#log.settings.maxRecordBytes);
      this.#frames.set(partition, frame);
    }
    return frame;
  }

  #stage(partition: number, frame: FrameBuilder): void {
    if (frame.count === 0) return;
    const staging = (this.#staging ??= this.#open());
    const bytes = frame.finish({});
    const prefix = new Uint8Array(STAGED_PREFIX_BYTES);
    const view = new DataView(prefix.buffer);
    view.setUint32(0, partition, true);
    view.setUint32(4, bytes.length, true);
    staging.file.write(prefix);
    staging.file.write(bytes);
    staging.partitions.add(partition);
    staging.bytes += STAGED_PREFIX_BYTES + bytes.length;
    frame.clear();
  }

  #open(): Staging {
    const { platform, subtask, epoch } = this.#context;
    const name = stagedName(platform, this.#mark, epoch, subtask, this.#commit);
    return { name, file: platform.files.open(joinPath(stagingFolder(this.#log.directory), name), 'createNew'), partitions: new Set(), bytes: 0 };
  }

  /** Ends the staged file: it is on the disk and waits to be handed out. */
  #seal(): void {
    for (const [partition, frame] of this.#frames) this.#stage(partition, frame);
    const staging = this.#staging;
    if (staging === undefined) return;
    staging.file.sync();
    staging.file.close();
    this.#staging = undefined;
    this.#context.platform.files.syncDirectory(stagingFolder(this.#log.directory));
    this.#ready.push({ file: staging.name, bytes: staging.bytes, producer: this.#producer, commit: this.#commit, partitions: [...staging.partitions] });
    this.#commit++;
  }

  /** Staged files of earlier runs that no checkpoint knows. Each subtask looks after its own number and those no longer used. */
  #removeLeftovers(): void {
    const { platform, subtask, parallelism, epoch } = this.#context;
    const known = new Set(this.#restored.flatMap(({ handedOut }) => handedOut));
    for (const staged of stagedFiles(platform.files, this.#log.directory, this.#mark)) {
      if (known.has(staged.name) || staged.subtask % parallelism !== subtask || staged.epoch > epoch) continue;
      platform.files.unlink(joinPath(stagingFolder(this.#log.directory), staged.name));
    }
  }
}


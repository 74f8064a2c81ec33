import { DirectoryClaim, type FileHandle, joinPath, MillraceError, type Platform } from '@millrace/core/spi';
import { type Compaction, COMPACTING, compactPartition } from './compaction.js';
import { CommitLost, LogSettingInvalid, PartitionInUse, WriteFailed, WriterFenced } from './errors.js';
import { FrameBuilder } from './frame-builder.js';
import { emptyHeader, FRAME_HEADER_BYTES, type FrameHeader, payloadIsWhole, readHeader, writeHeader } from './frame-header.js';
import type { NewLogRecord } from './log-record.js';
import type { LogSettings } from './log-settings.js';
import { writeNote } from './checked-note.js';
import type { ProducerId, Producers } from './producers.js';
import { type ClosingNote, recoverPartition } from './recovery.js';
import { applyRetention } from './retention.js';
import { closingNotePath, producersPath, segmentPath } from './segment-files.js';
import { SegmentIndexBuilder, writeSegmentIndex } from './segment-index.js';

/** A frame this large is written without waiting for more records. */
const FRAME_BYTES = 128 * 1024;
/** Records wait so long for company, unless flushed. */
const LINGER_MS = 5;

/** What is told when a writer opens a partition. */
export interface OpeningReport {
  /** Bytes of a torn end that were cut off. */
  readonly cut: number;
}

/**
 * The one writer of a partition, over all processes. Records are gathered into frames; a frame is written when it is
 * full, a few milliseconds after its first record, or at `flush`. Synchronous; a failed write ends the writer by
 * `WriteFailed`, since nobody knows how much of it is there.
 */
export class PartitionWriter {
  readonly opening: OpeningReport;
  readonly #platform: Platform;
  readonly #folder: string;
  readonly #settings: LogSettings;
  readonly #claim: DirectoryClaim;
  readonly #builder: FrameBuilder;
  readonly #frameBytes: number;
  readonly #producers: Producers;
  #file: FileHandle | undefined;
  #base: number;
  #bytes: number;
  #index: SegmentIndexBuilder;
  #segmentSince: number;
  /** Offset of the first record of the frame that is being gathered. */
  #frameOffset: number;
  #durableOffset: number;
  #lastSync: number;
  #timer: { cancel(): void } | undefined;
  #failure: unknown;
  #isClosed: boolean;
  #compaction: Promise<Compaction> | undefined;

  private constructor(platform: Platform, folder: string, settings: LogSettings, claim: DirectoryClaim) {
    const recovered = recoverPartition(platform.files, folder);
    this.opening = { cut: recovered.cut };
    this.#platform = platform;
    this.#folder = folder;
    this.#settings = settings;
    this.#claim = claim;
    this.#builder = new FrameBuilder(settings.maxRecordBytes);
    this.#frameBytes = Math.min(FRAME_BYTES, settings.segmentBytes / 2);
    this.#producers = recovered.producers;
    this.#base = recovered.base;
    this.#bytes = recovered.bytes;
    this.#index = recovered.index;
    // By its first frame: a sink opens a writer for each commit, and the segment's age goes on.
    this.#segmentSince = recovered.since ?? platform.clock.now();
    this.#frameOffset = recovered.nextOffset;
    this.#durableOffset = recovered.nextOffset;
    this.#lastSync = platform.clock.now();
    this.#timer = undefined;
    this.#failure = undefined;
    this.#isClosed = false;
    this.#compaction = undefined;
    this.#file = recovered.base < 0 ? undefined : platform.files.open(segmentPath(folder, recovered.base), 'readWrite');
    // What was recovered may never have been forced to the disk; from here on it counts as safe.
    this.#file?.sync();
  }

  /** Takes the partition, or throws `PartitionInUse`; repairs a torn end. */
  static open(platform: Platform, folder: string, settings: LogSettings): PartitionWriter {
    const claim = DirectoryClaim.take(platform, folder, { inUse: PartitionInUse, fenced: WriterFenced });
    try {
      const writer = new PartitionWriter(platform, folder, settings, claim);
      writer.#forgetClosing();
      writer.#removeHalfCompacted();
      return writer;
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  /** Offset that the next record gets. */
  get nextOffset(): number {
    return this.#frameOffset + this.#builder.span;
  }

  /** Records below this offset survive the end of the machine. */
  get durableOffset(): number {
    return this.#durableOffset;
  }

  /** Takes a record and gives its offset. Readers see it after the next flush. */
  append(record: NewLogRecord): number {
    this.#assertUsable();
    const offset = this.nextOffset;
    this.#builder.add(record);
    if (this.#builder.size >= this.#frameBytes) this.flush();
    else this.#timer ??= this.#platform.timers.setTimer(LINGER_MS, () => this.#lingered());
    return offset;
  }

  /** Writes what was gathered: readers can see it. Forces it to the disk if the log's settings say so. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#assertUsable();
    if (this.#builder.count === 0) return;
    this.#guarded(() => {
      const now = this.#platform.clock.now();
      const frame = this.#builder.finish({ baseOffset: this.#frameOffset, durableOffset: this.#durableOffset, appendedAt: now });
      this.#write(frame, now);
      this.#builder.clear();
      this.#syncIfDue(now);
    });
  }

  /** Writes what was gathered and forces everything to the disk. */
  sync(): void {
    this.flush();
    this.#guarded(() => this.#sync(this.#platform.clock.now()));
  }

  /** How many frames of a producer's commit are there; Infinity when it is complete. */
  framesOf(producer: ProducerId, commit: number): number {
    return this.#producers.framesOf(producer, commit);
  }

  /** Appends a frame that somebody else has built, with the offset that comes next and as part of a commit. */
  appendFrame(frame: Uint8Array, part: { readonly producer: ProducerId; readonly commit: number; readonly frameOfCommit: number; readonly flags: number }): void {
    this.flush();
    this.#guarded(() => {
      const now = this.#platform.clock.now();
      const header = emptyHeader();
      if (!readHeader(frame, 0, header) || !payloadIsWhole(header, frame, FRAME_HEADER_BYTES)) throw CommitLost.error({ what: 'a staged frame does not match its checksum' });
      Object.assign(header, {
        baseOffset: this.#frameOffset, durableOffset: this.#durableOffset, appendedAt: now,
        producerHigh: part.producer.high, producerLow: part.producer.low, commit: part.commit, frameOfCommit: part.frameOfCommit, flags: part.flags,
      } satisfies Partial<FrameHeader>);
      writeHeader(header, frame);
      this.#write(frame, now);
    });
  }

  /** Removes what retention allows, and gives how many segments went. */
  applyRetention(): number {
    this.flush();
    return this.#guarded(() => {
      const { retentionMs } = this.#settings;
      const now = this.#platform.clock.now();
      if (retentionMs !== null && this.#bytes > 0 && now - this.#index.build().lastAppendedAt > retentionMs) return this.#roll(now);
      return applyRetention(this.#platform.files, this.#folder, this.#settings, now);
    });
  }

  /** Begins another segment, so that what is there can be compacted and removed; nothing happens where the newest one is empty. */
  seal(): void {
    this.flush();
    if (this.#bytes > 0) this.#guarded(() => this.#roll(this.#platform.clock.now()));
  }

  /**
   * Leaves only the newest record of each key in what is sealed; asked again meanwhile, it is the same compaction. It ends
   * by an error when the writer is closed or was taken over. Throws `LogSettingInvalid` for a log that was not created with
   * `compact`.
   */
  compact(): Promise<Compaction> {
    this.#assertUsable();
    if (!this.#settings.compact) throw LogSettingInvalid.error({ what: `${this.#folder} is of a log that keeps every record`, remedy: 'Create the log with `compact: true` if only the newest record of each key is to stay.' });
    this.#compaction ??= compactPartition(this.#platform, this.#folder, this.#settings, () => {
      this.#assertUsable();
      this.#claim.assertCurrent();
    }).finally(() => (this.#compaction = undefined));
    return this.#compaction;
  }

  /** Writes, forces to the disk, and gives the partition free for another writer. */
  close(): void {
    if (this.#isClosed) return;
    try {
      if (this.#failure === undefined) {
        this.sync();
        // Whoever has taken over is at another place: our note would make the log look damaged.
        this.#claim.assertCurrent();
        const note: ClosingNote = { base: this.#base, bytes: this.#bytes, nextOffset: this.#frameOffset, producers: this.#producers.note(this.#platform.clock.now()) };
        if (this.#base >= 0) writeNote(this.#platform.files, closingNotePath(this.#folder), note);
        this.#platform.files.syncDirectory(this.#folder);
      }
    } finally {
      this.#isClosed = true;
      this.#timer?.cancel();
      this.#file?.close();
      this.#claim.release();
    }
  }

  #lingered(): void {
    this.#timer = undefined;
    try {
      if (!this.#isClosed && this.#failure === undefined) this.flush();
    } catch {
      // The next call of the writer tells.
    }
  }

  #write(frame: Uint8Array, now: number): void {
    this.#claim.assertCurrent();
    if (this.#file === undefined || this.#bytes + frame.length > this.#settings.segmentBytes || now - this.#segmentSince > this.#settings.segmentMs) {
      if (this.#file === undefined || this.#bytes > 0) this.#roll(now);
    }
    this.#file!.write(frame, this.#bytes);
    const header = emptyHeader();
    readHeader(frame, 0, header);
    this.#index.frame(header, this.#bytes, frame.length);
    this.#producers.saw(header);
    this.#bytes += frame.length;
    this.#frameOffset += header.span;
  }

  /** Seals the newest segment and begins another one; gives how many old ones went for it. */
  #roll(now: number): number {
    const { files } = this.#platform;
    if (this.#file !== undefined) {
      this.#sync(now);
      this.#file.close();
      writeSegmentIndex(files, this.#folder, this.#base, this.#index.build());
    }
    const before = this.#base;
    this.#base = this.#frameOffset;
    writeNote(files, producersPath(this.#folder, this.#base), this.#producers.note(now));
    // Before the segment is there: without the note it would look as if nobody had committed anything.
    files.syncDirectory(this.#folder);
    this.#file = files.open(segmentPath(this.#folder, this.#base), 'createNew');
    files.syncDirectory(this.#folder);
    if (before >= 0 && files.exists(producersPath(this.#folder, before))) files.unlink(producersPath(this.#folder, before));
    this.#bytes = 0;
    this.#index = new SegmentIndexBuilder(this.#base);
    this.#segmentSince = now;
    return before < 0 ? 0 : applyRetention(files, this.#folder, this.#settings, now);
  }

  #syncIfDue(now: number): void {
    const { fsync } = this.#settings;
    if (fsync === 'never') return;
    if (fsync === 'always' || now - this.#lastSync >= fsync.everyMs) this.#sync(now);
  }

  #sync(now: number): void {
    this.#lastSync = now;
    if (this.#durableOffset === this.#frameOffset) return;
    this.#file?.sync();
    this.#durableOffset = this.#frameOffset;
  }

  #forgetClosing(): void {
    const { files } = this.#platform;
    const path = closingNotePath(this.#folder);
    if (!files.exists(path)) return;
    // The note has the producers of the whole segment; without it they are found again from where the segment begins.
    files.unlink(path);
    files.syncDirectory(this.#folder);
  }

  /** What a compaction that was cut short has left; one that a replaced writer is still at gets no further. */
  #removeHalfCompacted(): void {
    const { files } = this.#platform;
    for (const { name } of files.readDirectory(this.#folder)) if (name.endsWith(COMPACTING)) files.unlink(joinPath(this.#folder, name));
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed) throw WriteFailed.error({ what: `the writer of ${this.#folder} is closed` });
  }

  #guarded<R>(action: () => R): R {
    try {
      return action();
    } catch (error) {
      const own = error instanceof MillraceError && !error.code.startsWith('MR-28');
      this.#failure = own ? error : WriteFailed.error({ what: `writing to ${this.#folder} failed: ${error instanceof MillraceError ? error.what : String(error)}`, where: { file: this.#folder }, cause: error });
      throw this.#failure;
    }
  }
}

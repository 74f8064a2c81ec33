import { MillraceError } from '../../base/errors.js';
import type { FileWatch } from '../../base/platform-files.js';
import type { TimerHandle } from '../../base/platform.js';
import type { EnumeratorContext, SplitEnumerator } from '../../connector/source.js';
import { InputNotFound, InputUnreadable } from '../errors.js';
import { type FileSplit, newSplit, type Packing } from './file-split.js';
import { absoluteInput, type FoundFile, listInputs } from './input-listing.js';

/** The first split holds the byte after a byte order mark, so that the first record is in it. */
const LEAST_FIRST_END = 4;

/** What the enumerator of a file source is told. */
export interface FileEnumeration {
  readonly inputs: readonly string[];
  /** Bytes of a split; Infinity for whole files. */
  readonly splitBytes: number;
  readonly compression: 'auto' | 'gzip' | 'none';
  /** How often to look for new files; undefined: never. */
  readonly watchMs: number | undefined;
  readonly follow: boolean;
  readonly interleave: boolean;
}

/** A file that is not dealt out completely. */
interface PendingFile {
  readonly path: string;
  readonly size: number;
  readonly packing: Packing;
  /** Where its next split starts. */
  readonly next: number;
}

/** A file that looks the same since a time. */
interface Unsettled {
  readonly file: FoundFile;
  readonly sinceMs: number;
}

/** What a checkpoint keeps. */
interface EnumeratorState {
  readonly pending: readonly PendingFile[];
  readonly returned: readonly FileSplit[];
  /** Paths dealt with, while new files are looked for. */
  readonly seen: readonly string[];
  /** Round of dealing, when all files are read side by side. */
  readonly round: number;
}

/**
 * Finds files and deals out their byte ranges in order of path and offset, one to each reader that asks. So whatever the
 * number of readers, the ranges under way are neighbours, and what is not dealt out yet is later than all of them. With
 * `interleave` all files are dealt out at once and read side by side.
 */
export class FileEnumerator implements SplitEnumerator<FileSplit> {
  readonly #enumeration: FileEnumeration;
  readonly #context: EnumeratorContext<FileSplit>;
  readonly #inputs: readonly string[];
  readonly #restored: boolean;
  readonly #seen: Set<string>;
  readonly #waiting: Set<number>;
  /** Files seen that may still be written, with the time since when they look the same. */
  #unsettled: Map<string, Unsettled>;
  #pending: PendingFile[];
  #returned: FileSplit[];
  #round: number;
  #timer: TimerHandle | undefined;
  #watches: FileWatch[];
  #hinted: boolean;

  constructor(enumeration: FileEnumeration, context: EnumeratorContext<FileSplit>, restored: unknown) {
    const state = restored as EnumeratorState | undefined;
    this.#enumeration = enumeration;
    this.#context = context;
    this.#inputs = enumeration.inputs.map((input) => absoluteInput(context.platform, input));
    this.#restored = state !== undefined;
    this.#seen = new Set(state?.seen);
    this.#waiting = new Set();
    this.#unsettled = new Map();
    this.#pending = [...(state?.pending ?? [])];
    this.#returned = [...(state?.returned ?? [])];
    this.#round = state?.round ?? 0;
    this.#timer = undefined;
    this.#watches = [];
    this.#hinted = false;
  }

  start(): void {
    const { watchMs, follow } = this.#enumeration;
    if (!this.#restored) {
      const found = this.#list();
      if (found.length === 0 && watchMs === undefined && !follow) throw this.#notFound();
      if (found.length === 0 && follow) this.#addFollowed();
      else this.#add(watchMs === undefined ? found : found.filter((file) => this.#isOld(file, watchMs)));
    }
    this.#dealAll();
    if (watchMs !== undefined) {
      this.#watchDirectories();
      this.#scan();
    }
  }

  splitRequested(subtask: number): void {
    const split = this.#enumeration.interleave ? undefined : this.#nextSplit();
    if (split !== undefined) this.#context.assign(subtask, [split]);
    else if (this.#isOpen()) this.#waiting.add(subtask);
    else this.#context.noMoreSplits(subtask);
  }

  splitsReturned(splits: readonly FileSplit[]): void {
    this.#returned.unshift(...splits);
    this.#serveWaiting();
  }

  snapshot(): EnumeratorState {
    return { pending: [...this.#pending], returned: [...this.#returned], seen: [...this.#seen], round: this.#round };
  }

  close(): void {
    this.#timer?.cancel();
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  /** Whether more splits may come. A followed file is one that never ends. */
  #isOpen(): boolean {
    return this.#enumeration.watchMs !== undefined;
  }

  #nextSplit(): FileSplit | undefined {
    const returned = this.#returned.shift();
    if (returned !== undefined) return returned;
    const file = this.#pending[0];
    if (file === undefined) return undefined;
    const { path, size, packing, next } = file;
    const { splitBytes, follow } = this.#enumeration;
    const isWhole = packing === 'gzip' || follow || splitBytes === Infinity;
    const end = isWhole ? -1 : Math.min(size, Math.max(next + splitBytes, LEAST_FIRST_END));
    if (end === -1 || end === size) this.#pending.shift();
    else this.#pending[0] = { ...file, next: end };
    return newSplit(path, next, end, packing);
  }

  #add(files: readonly FoundFile[]): void {
    for (const { path, size } of files) {
      if (this.#enumeration.watchMs !== undefined) this.#seen.add(path);
      const packing = this.#packingOf(path);
      if (size > 0 || this.#enumeration.follow) this.#pending.push({ path, size, packing, next: 0 });
    }
  }

  /** A file to follow need not exist yet. */
  #addFollowed(): void {
    for (const path of this.#inputs) this.#pending.push({ path, size: 0, packing: 'none', next: 0 });
  }

  /** With `interleave` or `follow` every file is open at once, dealt out in turn. */
  #dealAll(): void {
    if (!this.#enumeration.interleave) return;
    const hands = Array.from({ length: this.#context.parallelism }, (): FileSplit[] => []);
    for (let split = this.#nextSplit(); split !== undefined; split = this.#nextSplit()) hands[this.#round++ % hands.length]!.push(split);
    hands.forEach((hand, subtask) => {
      if (hand.length > 0) this.#context.assign(subtask, hand);
    });
  }

  #serveWaiting(): void {
    this.#dealAll();
    for (const subtask of this.#waiting) {
      const split = this.#nextSplit();
      if (split === undefined) return;
      this.#waiting.delete(subtask);
      this.#context.assign(subtask, [split]);
    }
  }

  /** Looks for new files that nobody writes any more. */
  #scan(): void {
    const watchMs = this.#enumeration.watchMs!;
    const now = this.#context.platform.clock.monotonicMs();
    const unsettled = new Map<string, Unsettled>();
    const settled: FoundFile[] = [];
    for (const file of this.#list()) {
      if (this.#seen.has(file.path)) continue;
      const before = this.#unsettled.get(file.path);
      const same = before !== undefined && before.file.size === file.size && before.file.mtimeMs === file.mtimeMs;
      if (same && now - before.sinceMs >= watchMs) settled.push(file);
      else unsettled.set(file.path, same ? before : { file, sinceMs: now });
    }
    this.#unsettled = unsettled;
    if (settled.length > 0) {
      this.#add(settled);
      this.#serveWaiting();
    }
    this.#hinted = false;
    this.#timer = this.#context.platform.timers.setTimer(watchMs, () => this.#rescan());
  }

  #rescan(): void {
    try {
      this.#scan();
    } catch (error) {
      this.#context.fail(error);
    }
  }

  /** The platform's hints only make a scan come earlier. */
  #watchDirectories(): void {
    const { files } = this.#context.platform;
    for (const input of this.#inputs) {
      if (!files.exists(input) || !files.stat(input).isDirectory) continue;
      const watch = files.watch(input, () => {
        if (this.#hinted) return;
        this.#hinted = true;
        this.#timer?.cancel();
        this.#timer = this.#context.platform.timers.setTimer(Math.min(100, this.#enumeration.watchMs!), () => this.#rescan());
      });
      this.#watches.push(watch);
    }
  }

  /** A file that was there long before the job started is complete. */
  #isOld(file: FoundFile, watchMs: number): boolean {
    return this.#context.platform.clock.now() - file.mtimeMs >= watchMs;
  }

  #list(): readonly FoundFile[] {
    try {
      return listInputs(this.#context.platform.files, this.#inputs);
    } catch (error) {
      throw unreadable(error, this.#inputs.join(', '));
    }
  }

  /** Opens the file, so that one that cannot be read is told before the job runs. */
  #packingOf(path: string): Packing {
    const head = new Uint8Array(2);
    try {
      const handle = this.#context.platform.files.open(path, 'read');
      handle.read(head, 0);
      handle.close();
    } catch (error) {
      throw unreadable(error, path);
    }
    const { compression, follow } = this.#enumeration;
    if (compression !== 'auto' || follow) return compression === 'gzip' ? 'gzip' : 'none';
    return head[0] === 0x1f && head[1] === 0x8b ? 'gzip' : 'none';
  }

  #notFound(): Error {
    const [first = ''] = this.#inputs;
    const { files } = this.#context.platform;
    const isDirectory = files.exists(first) && files.stat(first).isDirectory;
    const what = isDirectory ? `the directory "${first}" holds no files` : `nothing is at "${this.#inputs.join('", "')}"`;
    return InputNotFound.error({ what, where: { file: first } });
  }
}

function unreadable(error: unknown, path: string): unknown {
  if (!(error instanceof MillraceError)) return error;
  return InputUnreadable.error({ what: `"${path}": ${error.what}`, remedy: error.remedy, where: { file: path }, cause: error });
}

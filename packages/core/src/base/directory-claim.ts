import { decodeUtf8 } from './bytes.js';
import { makeDurableFolder } from './durable-folder.js';
import type { ErrorKind } from './errors.js';
import { joinPath } from './paths.js';
import { FileExists } from './platform-errors.js';
import type { Platform, TimerHandle } from './platform.js';

/** How often a run shows that it is alive. */
const HEARTBEAT_MS = 3000;
/** A run silent for longer is taken for dead. */
const SILENT_MS = 10_000;

const RUN_FILE = /^run-(\d+)\.json$/;
const RUN_TEMPORARY = /^\.run-(\d+)\.tmp$/;

interface RunRecord {
  readonly pid: number;
  readonly host: string;
  readonly beatAt: number;
  readonly ended: boolean;
}

/** The errors a claim speaks with: those of whoever owns the directory. */
export interface ClaimErrors {
  /** Another run is alive. */
  readonly inUse: ErrorKind;
  /** A newer run has taken over. */
  readonly fenced: ErrorKind;
}

/**
 * The claim of one run on a directory. Each run creates the file `run-<epoch>.json` with an epoch above all others,
 * which only one process can do; the one with the highest epoch owns the directory and renews its file now and then.
 */
export class DirectoryClaim {
  readonly epoch: number;
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #errors: ClaimErrors;
  #timer: TimerHandle | undefined;
  #onReplaced: (error: Error) => void;
  /** Set when a sign of life found a newer run: there will be no other. */
  #replacedBy: Error | undefined;

  private constructor(platform: Platform, directory: string, errors: ClaimErrors, epoch: number) {
    this.epoch = epoch;
    this.#platform = platform;
    this.#directory = directory;
    this.#errors = errors;
    this.#timer = undefined;
    this.#onReplaced = () => {};
    this.#replacedBy = undefined;
    this.#beatLater();
  }

  /** Claims the directory, which is made if missing, or throws `errors.inUse`. */
  static take(platform: Platform, directory: string, errors: ClaimErrors): DirectoryClaim {
    // Its name too must outlive a crash: everything in it would be gone with it.
    makeDurableFolder(platform.files, directory);
    for (;;) {
      const last = lastRun(platform, directory);
      if (last !== undefined) refuseWhileAlive(platform, directory, errors.inUse, last);
      const epoch = (last?.epoch ?? 0) + 1;
      try {
        platform.files.writeFile(runFile(directory, epoch), recordOf(platform, false), { createNew: true, sync: true });
      } catch (error) {
        // Another process was faster: look again.
        if (FileExists.is(error)) continue;
        throw error;
      }
      platform.files.syncDirectory(directory);
      removeOldRuns(platform, directory, epoch);
      return new DirectoryClaim(platform, directory, errors, epoch);
    }
  }

  /** Throws `errors.fenced` when a newer run has taken over. Asked before anything is made durable. */
  assertCurrent(): void {
    const replaced = this.#replaced();
    if (replaced !== undefined) throw replaced;
  }

  /**
   * Tells once, with `errors.fenced`, that a newer run has taken over: found out at the next sign of life, so by a process
   * that was stopped as soon as it goes on. The last listener counts; one that comes after it was found out is told at once.
   */
  onReplaced(listener: (error: Error) => void): void {
    this.#onReplaced = listener;
    if (this.#replacedBy !== undefined) listener(this.#replacedBy);
  }

  /** Ends the claim: the next run need not wait. */
  release(): void {
    this.#timer?.cancel();
    this.#write(true);
  }

  #beatLater(): void {
    this.#timer = this.#platform.timers.setTimer(HEARTBEAT_MS, () => {
      try {
        const replaced = this.#replaced();
        if (replaced !== undefined) {
          this.#replacedBy = replaced;
          this.#onReplaced(replaced);
          return;
        }
        this.#write(false);
      } catch {
        // A disk that is full for a moment costs a beat and not the job: who is silent for too long is fenced.
      }
      this.#beatLater();
    }, { keepsAlive: false });
  }

  #replaced(): Error | undefined {
    // Not the next epoch alone: its file is gone when several runs have come and gone while this one slept.
    const newest = newestEpoch(this.#platform, this.#directory);
    if (newest <= this.epoch) return undefined;
    return this.#errors.fenced.error({ what: `run ${this.epoch} of ${this.#directory} was replaced by run ${newest}`, where: { file: this.#directory } });
  }

  #write(ended: boolean): void {
    const temporary = joinPath(this.#directory, `.run-${this.epoch}.tmp`);
    this.#platform.files.writeFile(temporary, recordOf(this.#platform, ended));
    this.#platform.files.rename(temporary, runFile(this.#directory, this.epoch));
  }
}

function newestEpoch(platform: Platform, directory: string): number {
  let epoch = 0;
  for (const { name } of platform.files.readDirectory(directory)) epoch = Math.max(epoch, Number(RUN_FILE.exec(name)?.[1] ?? 0));
  return epoch;
}

/** Leaves the record of the run before, and removes older ones and what killed runs were just writing. */
function removeOldRuns(platform: Platform, directory: string, epoch: number): void {
  for (const { name } of platform.files.readDirectory(directory)) {
    const record = RUN_FILE.exec(name)?.[1];
    const half = RUN_TEMPORARY.exec(name)?.[1];
    if ((record !== undefined && Number(record) < epoch - 1) || (half !== undefined && Number(half) < epoch)) platform.files.unlink(joinPath(directory, name));
  }
}

function runFile(directory: string, epoch: number): string {
  return joinPath(directory, `run-${epoch}.json`);
}

function recordOf(platform: Platform, ended: boolean): string {
  const record: RunRecord = { pid: platform.process.pid, host: platform.machine.hostName(), beatAt: platform.clock.now(), ended };
  return JSON.stringify(record);
}

function lastRun(platform: Platform, directory: string): { readonly epoch: number; readonly record: RunRecord | undefined } | undefined {
  const epoch = newestEpoch(platform, directory);
  if (epoch === 0) return undefined;
  try {
    return { epoch, record: JSON.parse(decodeUtf8(platform.files.readFile(runFile(directory, epoch)))) as RunRecord };
  } catch {
    // A record that a crash left half-written says only that its run is gone.
    return { epoch, record: undefined };
  }
}

function refuseWhileAlive(platform: Platform, directory: string, inUse: ErrorKind, { epoch, record }: { readonly epoch: number; readonly record: RunRecord | undefined }): void {
  if (record === undefined || record.ended) return;
  const here = record.host === platform.machine.hostName();
  const silentMs = platform.clock.now() - record.beatAt;
  const alive = here ? platform.process.isAlive(record.pid) && silentMs < SILENT_MS : silentMs < SILENT_MS;
  if (!alive) return;
  throw inUse.error({
    what: `run ${epoch} (process ${record.pid} on ${record.host}) owns ${directory}; its last sign of life was ${Math.round(silentMs / 1000)} s ago`,
    where: { file: directory },
  });
}

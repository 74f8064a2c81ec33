import { decodeUtf8 } from '../base/bytes.js';
import { DirectoryClaim } from '../base/directory-claim.js';
import { joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import { manifestAt, placeOf, placesIn, type CheckpointPlace } from './checkpoint-place.js';
import { disposeSavepoint } from './dispose-savepoint.js';
import { CheckpointDirectoryInUse, FencedByNewerRun } from './errors.js';
import { publishFile } from './manifest-file.js';

const RECORD = 'claimed.json';

/**
 * What a run was resumed from and has claimed. Until its first checkpoint is complete nothing is owned: a crash before that
 * resumes from the same place again. Then a record in the run's directory says what is owned and by which line, so that also
 * a later run of the line deletes it when it is surplus, and none of another line does.
 */
export class ClaimedResume {
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #job: string;
  #intended: CheckpointPlace | undefined;

  constructor(platform: Platform, directory: string, job: string) {
    this.#platform = platform;
    this.#directory = directory;
    this.#job = job;
    this.#intended = undefined;
  }

  /** The run resumes from this place and is to own it. */
  intend(place: CheckpointPlace): void {
    this.#intended = place;
  }

  /** A checkpoint of this line is complete: now the line owns the place. */
  take(lineage: number): void {
    if (this.#intended === undefined) return;
    const file = this.#platform.files.realpath(this.#intended.file);
    publishFile(this.#platform, { directory: this.#directory, name: RECORD }, JSON.stringify({ file, lineage }));
    this.#intended = undefined;
  }

  /** Deletes what this line owns. Throws when it cannot: it is tried again with the next checkpoint. */
  dispose(lineage: number): void {
    const { files } = this.#platform;
    const record = joinPath(this.#directory, RECORD);
    if (!files.exists(record)) return;
    const { file, lineage: owner } = JSON.parse(decodeUtf8(files.readFile(record))) as { readonly file: string; readonly lineage?: number };
    // Claimed by a run that this one does not go on from: its checkpoints may still be resumed, and the savepoint with them.
    if (owner !== lineage) return;
    if (files.exists(file)) {
      const place = placeOf(this.#platform, file);
      // Somebody may have put something else there meanwhile.
      if (manifestAt(this.#platform, place).job === this.#job) {
        if (place.kind === 'savepoint') disposeSavepoint(this.#platform, place.directory);
        else this.#disposeCheckpoint(place);
      }
    }
    files.unlink(record);
  }

  /** One checkpoint of another directory, with the files that no other checkpoint there needs. */
  #disposeCheckpoint(place: CheckpointPlace): void {
    const { files } = this.#platform;
    const claim = DirectoryClaim.take(this.#platform, place.directory, { inUse: CheckpointDirectoryInUse, fenced: FencedByNewerRun });
    try {
      const own = manifestAt(this.#platform, place).files.map(({ name }) => name);
      const others = placesIn(this.#platform, place.directory).filter(({ file }) => file !== place.file);
      const needed = new Set(others.flatMap((other) => manifestAt(this.#platform, other).files.map(({ name }) => name)));
      files.unlink(place.file);
      const marker = place.file.replace(/\.json$/, '.committing');
      for (const file of [marker, ...own.filter((name) => !needed.has(name)).map((name) => joinPath(place.directory, name))]) if (files.exists(file)) files.unlink(file);
    } finally {
      claim.release();
    }
  }
}

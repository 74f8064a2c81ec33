import { assert } from '../base/assert.js';
import { DirectoryClaim } from '../base/directory-claim.js';
import { joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import { WORK_FOLDER, type CheckpointMetadata, type CheckpointStore, type StoredCheckpoint } from '../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint, CompletedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import type { Manifest } from '../checkpoint/manifest.js';
import { chooseRecovery, type RecoveryCandidate } from '../checkpoint/recovery-choice.js';
import { readCheckpoint } from './checkpoint-reader.js';
import { CheckpointWriter } from './checkpoint-writer.js';
import { EncryptionKeys } from './encryption.js';
import { CheckpointDamaged, CheckpointDirectoryInUse, CheckpointOfAnotherJob, FallbackRefused, FencedByNewerRun } from './errors.js';
import { checkpointIdOf, checkpointManifest, readManifest, summaryOf, verifyManifestSeal } from './manifest-file.js';

/** How a directory of checkpoints is kept. */
export interface FileCheckpointStoreOptions {
  readonly directory: string;
  /** Name of the job it belongs to. */
  readonly job: string;
  /** Complete checkpoints that are kept; 2 unless given. */
  readonly retained?: number;
  /** Encrypts what is written and opens what was; plain unless given. */
  readonly keys?: EncryptionKeys;
  /** Told when a damaged checkpoint is passed over for an older one. */
  readonly warn?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const MARK = /^checkpoint-(\d+)\.committing$/;
const STATE_FILE = /^state-\d+-\d+\.bin$/;
/** What a run that was killed left half-written. */
const TEMPORARY_FILE = /^\.(state|checkpoint)-.*\.tmp$/;

/**
 * Checkpoints in a directory of the file system:
 *
 * - `state-<epoch>-<id>.bin`: the bytes that checkpoint `id` added; later ones may need them too;
 * - `checkpoint-<id>.json`: its manifest, written last;
 * - `checkpoint-<id>.committing`: its sinks may have begun to commit;
 * - `run-<epoch>.json`: who owns the directory;
 * - `work/`: state on disk that the owner works on, no part of any checkpoint; a new owner removes it.
 *
 * Every file is written under a temporary name, forced to the disk, renamed, and its directory forced too.
 */
export class FileCheckpointStore implements CheckpointStore {
  readonly #platform: Platform;
  readonly #options: FileCheckpointStoreOptions;
  readonly #keys: EncryptionKeys;
  readonly #writer: CheckpointWriter;
  #claim: DirectoryClaim | undefined;
  #lineage: number | undefined;

  constructor(platform: Platform, options: FileCheckpointStoreOptions) {
    this.#platform = platform;
    this.#options = options;
    this.#keys = options.keys ?? new EncryptionKeys(platform);
    this.#writer = new CheckpointWriter(platform, options.directory, this.#keys);
    this.#claim = undefined;
    this.#lineage = undefined;
  }

  async open(): Promise<number> {
    this.#claim = DirectoryClaim.take(this.#platform, this.#options.directory, { inUse: CheckpointDirectoryInUse, fenced: FencedByNewerRun });
    // What an earlier run worked on is of no use to anybody: state is restored from checkpoints.
    this.#platform.files.removeTree(this.#path(WORK_FOLDER));
    return this.#claim.epoch;
  }

  async list(): Promise<readonly StoredCheckpoint[]> {
    return this.#manifestIds().flatMap((id) => {
      try {
        return [summaryOf(this.#readManifest(id))];
      } catch (error) {
        // Whether the job may do without it was decided when the newest was looked for.
        if (CheckpointDamaged.is(error)) return [];
        throw error;
      }
    });
  }

  async newest(): Promise<CompletedCheckpoint | undefined> {
    const read = new Map<number, CompletedCheckpoint>();
    const candidates = this.#manifestIds().map((id): RecoveryCandidate => {
      const committing = this.#platform.files.exists(this.#path(`checkpoint-${id}.committing`));
      try {
        read.set(id, this.#read(id));
        return { checkpointId: id, damage: undefined, committing };
      } catch (error) {
        // Another job or format is no damage: falling back would not help.
        if (!CheckpointDamaged.is(error)) throw error;
        return { checkpointId: id, damage: error, committing };
      }
    });
    const choice = chooseRecovery(candidates);
    if (choice.kind === 'fresh') return undefined;
    if (choice.kind === 'refuse') throw this.#refusal(choice.damaged, choice.olderUsable);
    for (const skipped of choice.skipped) {
      this.#options.warn?.('a damaged checkpoint is passed over for an older one', { damaged: skipped.checkpointId, used: choice.checkpointId, reason: String(skipped.damage) });
    }
    this.#lineage = this.#readManifest(choice.checkpointId).lineage;
    return read.get(choice.checkpointId);
  }

  async write(checkpoint: AcknowledgedCheckpoint, metadata: CheckpointMetadata): Promise<StoredCheckpoint> {
    const claim = this.#claim;
    assert(claim !== undefined, 'a store is opened before it is written');
    claim.assertCurrent();
    this.#lineage ??= claim.epoch;
    const manifest = await this.#writer.write(checkpoint, { ...metadata, lineage: this.#lineage }, claim.epoch);
    this.#platform.points.reach('before-manifest');
    claim.assertCurrent();
    this.#writer.publishManifest(manifest);
    return summaryOf(manifest);
  }

  async markCommitting(checkpointId: number): Promise<void> {
    this.#claim?.assertCurrent();
    this.#writer.publish(`checkpoint-${checkpointId}.committing`, '');
    this.#writer.completed(checkpointId);
    this.#tidy();
  }

  onReplaced(listener: (error: Error) => void): void {
    this.#claim?.onReplaced(listener);
  }

  async close(): Promise<void> {
    this.#claim?.release();
    this.#claim = undefined;
  }

  /** Reads and verifies one checkpoint by its id. */
  #read(id: number): CompletedCheckpoint {
    const manifest = this.#readManifest(id);
    if (manifest.job !== this.#options.job) {
      throw CheckpointOfAnotherJob.error({
        what: `${this.#options.directory} holds checkpoints of the job "${manifest.job}", not of "${this.#options.job}"`,
        where: { file: this.#path(checkpointManifest(id)) },
      });
    }
    verifyManifestSeal(this.#platform, this.#path(checkpointManifest(id)), manifest, this.#keys);
    return readCheckpoint(this.#platform, this.#options.directory, manifest, this.#keys);
  }

  #readManifest(id: number): Manifest {
    return readManifest(this.#platform, this.#path(checkpointManifest(id)), `checkpoint ${id}`);
  }

  #manifestIds(): number[] {
    if (!this.#platform.files.exists(this.#options.directory)) return [];
    return this.#platform.files
      .readDirectory(this.#options.directory)
      .flatMap(({ name }) => checkpointIdOf(name) ?? [])
      .sort((a, b) => a - b);
  }

  /** Deletes what is no longer needed. That this fails takes nothing from the checkpoint, which is complete. */
  #tidy(): void {
    try {
      if (this.#lineage !== undefined) this.#deleteOld(this.#lineage);
    } catch (error) {
      this.#options.warn?.('old checkpoints could not be deleted', { directory: this.#options.directory, error: String(error) });
    }
  }

  /** Deletes checkpoints of this line beyond the limit, then state files that no manifest names any more. */
  #deleteOld(lineage: number): void {
    const { files } = this.#platform;
    const manifests = this.#manifestIds().map((id) => ({ id, manifest: this.#tryManifest(id) }));
    const own = manifests.filter(({ manifest }) => manifest?.lineage === lineage);
    const surplus = new Set(own.slice(0, Math.max(0, own.length - (this.#options.retained ?? 2))).map(({ id }) => id));
    for (const id of surplus) {
      files.unlink(this.#path(`checkpoint-${id}.json`));
      if (files.exists(this.#path(`checkpoint-${id}.committing`))) files.unlink(this.#path(`checkpoint-${id}.committing`));
    }
    const needed = this.#writer.neededFiles();
    for (const { id, manifest } of manifests) {
      if (surplus.has(id)) continue;
      // A manifest that cannot be read may need any file: then nothing is deleted.
      if (manifest === undefined) return;
      for (const file of manifest.files) needed.add(file.name);
    }
    for (const { name } of files.readDirectory(this.#options.directory)) {
      // A mark whose checkpoint is gone: a crash came between the two.
      const isLoneMark = MARK.test(name) && !manifests.some(({ id }) => !surplus.has(id) && id === Number(MARK.exec(name)?.[1]));
      if (isLoneMark || TEMPORARY_FILE.test(name) || (STATE_FILE.test(name) && !needed.has(name))) files.unlink(this.#path(name));
    }
  }

  #tryManifest(id: number): Manifest | undefined {
    try {
      return this.#readManifest(id);
    } catch {
      return undefined;
    }
  }

  #refusal(damaged: RecoveryCandidate, olderUsable: number | undefined): Error {
    const choice = olderUsable === undefined ? 'there is no older one that can be read' : `checkpoint ${olderUsable} can be read, but results after it have been committed`;
    return FallbackRefused.error({
      what: `checkpoint ${damaged.checkpointId} cannot be read; ${choice}`,
      why: damaged.damage instanceof Error ? damaged.damage.message : String(damaged.damage),
      where: { file: this.#path(`checkpoint-${damaged.checkpointId}.json`) },
      cause: damaged.damage,
    });
  }

  #path(name: string): string {
    return joinPath(this.#options.directory, name);
  }
}

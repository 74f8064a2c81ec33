import { assert } from '../base/assert.js';
import { DirectoryClaim } from '../base/directory-claim.js';
import { joinPath } from '../base/paths.js';
import type { Platform } from '../base/platform.js';
import { WORK_FOLDER, type CheckpointMetadata, type CheckpointStore, type StoredCheckpoint } from '../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint, CompletedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import type { Manifest } from '../checkpoint/manifest.js';
import { chooseRecovery, type RecoveryCandidate } from '../checkpoint/recovery-choice.js';
import type { WholeCheckpoint } from '../checkpoint/whole-checkpoint.js';
import { CheckpointFiles, readCheckpoint } from './checkpoint-reader.js';
import { placeOf, type CheckpointPlace } from './checkpoint-place.js';
import { ClaimedResume } from './claimed-resume.js';
import { blobPieces, CheckpointWriter } from './checkpoint-writer.js';
import { EncryptionKeys } from './encryption.js';
import { CheckpointDamaged, CheckpointDirectoryInUse, FallbackRefused, NoCheckpointThere, FencedByNewerRun } from './errors.js';
import { checkpointIdOf, checkpointManifest, readManifest, summaryOf, verifyManifestSeal } from './manifest-file.js';
import { assertOfJob, readResumePoint } from './resume-point.js';

/** How a directory of checkpoints is kept. */
export interface FileCheckpointStoreOptions {
  readonly directory: string;
  /** Name of the job it belongs to. */
  readonly job: string;
  /** Complete checkpoints that are kept; 2 unless given. */
  readonly retained?: number;
  /** Files of snapshots from this size on are taken over instead of copied; 4 MB unless given. */
  readonly takeOverBytes?: number;
  /** Encrypts what is written and opens what was; plain unless given. */
  readonly keys?: EncryptionKeys;
  /** Told when a damaged checkpoint is passed over for an older one. */
  readonly warn?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** The part of a manifest that decides how long state files are kept. */
interface NamedFiles {
  readonly lineage: number;
  readonly files: readonly string[];
}

/** Complete checkpoints that are kept, unless told otherwise. */
const DEFAULT_RETAINED = 2;
const MARK = /^checkpoint-(\d+)\.committing$/;
const STATE_FILE = /^state-(\d+)-\d+(?:-\d+)?\.bin$/;
/** What a run that was killed left half-written. */
const TEMPORARY_FILE = /^\.(state|checkpoint)-.*\.tmp$/;

/**
 * Checkpoints in a directory of the file system:
 *
 * - `state-<epoch>-<id>.bin`: the bytes that checkpoint `id` added; later ones may need them too;
 * - `state-<epoch>-<id>-<n>.bin`: large state of one operator of one subtask, taken over from `work/`;
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
  /** Manifests that could not be read when the run began: they name no file of its own. */
  #damagedBefore: Set<number>;
  /** What the manifests in the directory name, as far as it is known. Nobody but the owner writes here, so that each is read once, not with every checkpoint. */
  readonly #named: Map<number, NamedFiles>;
  /** What the run was resumed from and has taken over. */
  readonly #claimed: ClaimedResume;

  constructor(platform: Platform, options: FileCheckpointStoreOptions) {
    this.#platform = platform;
    this.#options = options;
    this.#keys = options.keys ?? new EncryptionKeys(platform);
    this.#writer = new CheckpointWriter(platform, options.directory, this.#keys, options.takeOverBytes);
    this.#claim = undefined;
    this.#lineage = undefined;
    this.#damagedBefore = new Set();
    this.#named = new Map();
    this.#claimed = new ClaimedResume(platform, options.directory, options.job);
  }

  async open(): Promise<number> {
    this.#claim = DirectoryClaim.take(this.#platform, this.#options.directory, { inUse: CheckpointDirectoryInUse, fenced: FencedByNewerRun });
    // What an earlier run worked on is of no use to anybody: state is restored from checkpoints.
    this.#platform.files.removeTree(this.#path(WORK_FOLDER));
    this.#named.clear();
    this.#damagedBefore = new Set(this.#manifestIds().filter((id) => this.#namedBy(id) === undefined));
    return this.#claim.epoch;
  }

  async lastCommittingId(): Promise<number> {
    const { files } = this.#platform;
    if (!files.exists(this.#options.directory)) return 0;
    return files.readDirectory(this.#options.directory).reduce((last, { name }) => Math.max(last, Number(MARK.exec(name)?.[1] ?? 0)), 0);
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
    let found: { readonly checkpoint: CompletedCheckpoint; readonly lineage: number } | undefined;
    const candidates = this.#manifestIds().reverse().map((id): RecoveryCandidate => {
      const committing = this.#platform.files.exists(this.#path(`checkpoint-${id}.committing`));
      try {
        const manifest = this.#manifestOfJob(id);
        // An older one is of no use once a newer one is right to its last byte. Its manifest is looked at all the same.
        found ??= { checkpoint: readCheckpoint(this.#platform, this.#options.directory, manifest, this.#keys), lineage: manifest.lineage };
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
    assert(found !== undefined && found.checkpoint.checkpointId === choice.checkpointId, 'what was read is what was chosen');
    this.#lineage = found.lineage;
    this.#markRestored(choice.checkpointId);
    return found.checkpoint;
  }

  /**
   * Whoever goes on from a checkpoint commits first what lay in it: from then on no restart may go back before it, though the
   * run that took it died before its own commits. A reader that owns nothing marks nothing.
   */
  #markRestored(id: number): void {
    const mark = `checkpoint-${id}.committing`;
    if (this.#claim === undefined || this.#platform.files.exists(this.#path(mark))) return;
    this.#claim.assertCurrent();
    this.#writer.publish(mark, '');
  }

  /**
   * What a path leads to: the newest checkpoint in a directory of checkpoints (chosen as `newest` does), a savepoint, or the
   * checkpoint of one manifest. With `claim` the run owns it from its first complete checkpoint on, and deletes it as if it
   * were one of its own; without, it is never touched.
   */
  async resume(path: string, { claim = false, drained = false }: { readonly claim?: boolean; readonly drained?: boolean } = {}): Promise<CompletedCheckpoint> {
    const { job } = this.#options;
    const place = placeOf(this.#platform, path);
    if (place.kind === 'checkpoint' && this.#platform.files.stat(path).isDirectory) return this.#resumeNewest(path, claim);
    const { manifest, checkpoint } = readResumePoint(this.#platform, place, { job, keys: this.#keys, drained });
    if (claim) this.#own(place, manifest.lineage);
    return checkpoint;
  }

  async #resumeNewest(directory: string, claim: boolean): Promise<CompletedCheckpoint> {
    const other = new FileCheckpointStore(this.#platform, { ...this.#options, directory });
    const checkpoint = await other.newest();
    if (checkpoint === undefined) throw NoCheckpointThere.error({ what: `there is no checkpoint in ${directory}`, where: { file: directory } });
    if (claim) this.#own(placeOf(this.#platform, joinPath(directory, checkpointManifest(checkpoint.checkpointId))), other.#lineage as number);
    return checkpoint;
  }

  /** In the run's own directory it is enough to go on with the line. */
  #own(place: CheckpointPlace, lineage: number): void {
    const { files } = this.#platform;
    const isOwn = files.exists(this.#options.directory) && files.realpath(place.directory) === files.realpath(this.#options.directory);
    if (isOwn && place.kind === 'checkpoint') this.#lineage = lineage;
    else this.#claimed.intend(place);
  }

  async write(checkpoint: AcknowledgedCheckpoint, metadata: CheckpointMetadata): Promise<StoredCheckpoint> {
    const claim = this.#claim;
    assert(claim !== undefined, 'a store is opened before it is written');
    claim.assertCurrent();
    this.#lineage ??= claim.epoch;
    const manifest = await this.#writer.write(checkpoint, { ...metadata, lineage: this.#lineage }, claim.epoch);
    this.#platform.points.reach('before-manifest');
    claim.assertCurrent();
    this.#damagedBefore.delete(checkpoint.checkpointId);
    this.#writer.publishManifest(manifest);
    this.#named.set(checkpoint.checkpointId, namedFiles(manifest));
    return summaryOf(manifest);
  }

  async markCommitting(checkpointId: number): Promise<void> {
    this.#claim?.assertCurrent();
    this.#claimed.take(this.#lineage as number);
    this.#writer.publish(`checkpoint-${checkpointId}.committing`, '');
    this.#writer.completed(checkpointId);
    this.#tidy();
  }

  assertCurrent(): void {
    this.#claim?.assertCurrent();
  }

  onReplaced(listener: (error: Error) => void): void {
    this.#claim?.onReplaced(listener);
  }

  async whole<T>(checkpoint: AcknowledgedCheckpoint, use: (whole: WholeCheckpoint) => Promise<T>): Promise<T> {
    const claim = this.#claim;
    assert(claim !== undefined, 'a store is opened before a savepoint is taken');
    claim.assertCurrent();
    const { job, checkpointId, sources } = checkpoint;
    const kept = this.#writer.kept(checkpoint);
    const files = new CheckpointFiles(this.#platform, this.#options.directory, { job, checkpointId, files: kept.files }, this.#keys);
    const operators = kept.operators.map(({ snapshot, earlier }) => ({
      snapshot,
      chain: [
        ...earlier.map((part) => ({ keyGroup: part.keyGroup, kind: part.kind, pieces: () => [files.read(part)] })),
        ...snapshot.keyGroups.map((blob) => ({ keyGroup: blob.keyGroup, kind: blob.kind, pieces: () => blobPieces(blob, this.#platform.files) })),
      ].sort((a, b) => a.keyGroup - b.keyGroup),
    }));
    try {
      return await use({ checkpointId, job, sources, operators, origin: { lineage: this.#lineage ?? claim.epoch, run: claim.epoch } });
    } finally {
      files.close();
    }
  }

  async close(): Promise<void> {
    this.#claim?.release();
    this.#claim = undefined;
  }

  /** The manifest of one checkpoint, which is one of this job. */
  #manifestOfJob(id: number): Manifest {
    const file = this.#path(checkpointManifest(id));
    const manifest = this.#readManifest(id);
    assertOfJob(manifest, this.#options.job, { directory: this.#options.directory, file });
    verifyManifestSeal(this.#platform, file, manifest, this.#keys);
    return manifest;
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
    const manifests = this.#manifestIds().map((id) => ({ id, named: this.#namedBy(id) }));
    const own = manifests.filter(({ named }) => named?.lineage === lineage);
    const retained = this.#options.retained ?? DEFAULT_RETAINED;
    const surplus = new Set(own.slice(0, Math.max(0, own.length - retained)).map(({ id }) => id));
    this.#tidyClaimed(own.length >= retained, lineage);
    for (const id of surplus) {
      files.unlink(this.#path(`checkpoint-${id}.json`));
      if (files.exists(this.#path(`checkpoint-${id}.committing`))) files.unlink(this.#path(`checkpoint-${id}.committing`));
      this.#named.delete(id);
    }
    const needed = this.#writer.neededFiles();
    let oldestRun = 0;
    for (const { id, named } of manifests) {
      if (surplus.has(id)) continue;
      if (named === undefined) {
        // One that cannot be read may need any file that was there before it.
        if (!this.#damagedBefore.has(id)) return;
        oldestRun = this.#claim?.epoch ?? Number.POSITIVE_INFINITY;
        continue;
      }
      for (const name of named.files) needed.add(name);
    }
    for (const { name } of files.readDirectory(this.#options.directory)) {
      // A mark whose checkpoint is gone: a crash came between the two.
      const isLoneMark = MARK.test(name) && !manifests.some(({ id }) => !surplus.has(id) && id === Number(MARK.exec(name)?.[1]));
      const run = Number(STATE_FILE.exec(name)?.[1] ?? Number.NaN);
      if (isLoneMark || TEMPORARY_FILE.test(name) || (run >= oldestRun && !needed.has(name))) files.unlink(this.#path(name));
    }
  }

  /** What was claimed is the oldest of all that count. */
  #tidyClaimed(isSurplus: boolean, lineage: number): void {
    try {
      if (isSurplus) this.#claimed.dispose(lineage);
    } catch (error) {
      this.#options.warn?.('the claimed savepoint could not be deleted', { directory: this.#options.directory, error: String(error) });
    }
  }

  /** What a manifest names; undefined when it cannot be read. */
  #namedBy(id: number): NamedFiles | undefined {
    try {
      const named = this.#named.get(id) ?? namedFiles(this.#readManifest(id));
      this.#named.set(id, named);
      return named;
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

function namedFiles({ lineage, files }: Manifest): NamedFiles {
  return { lineage, files: files.map(({ name }) => name) };
}

import { makeDurableFolder } from '../base/durable-folder.js';
import { MillraceError } from '../base/errors.js';
import { joinPath, resolvePath } from '../base/paths.js';
import { FileExists } from '../base/platform-errors.js';
import type { Platform } from '../base/platform.js';
import type { CheckpointMetadata } from '../checkpoint/checkpoint-store.js';
import type { Manifest, ManifestPart } from '../checkpoint/manifest.js';
import type { Savepoints, SavepointTarget, StoredSavepoint } from '../checkpoint/savepoint.js';
import type { WholeCheckpoint } from '../checkpoint/whole-checkpoint.js';
import { appendPieces, manifestHead, operatorEntry, sourceEntries } from './checkpoint-writer.js';
import type { EncryptionKeys } from './encryption.js';
import { SavepointExists, SavepointUnwritable } from './errors.js';
import { publishManifest, SAVEPOINT_MANIFEST, summaryOf } from './manifest-file.js';
import { StateFileWriter } from './state-file-writer.js';

const STATE_FILE = 'state.bin';
/** Stands in the directory while it is written: only one process can make it. */
const WRITING = '.writing';
/** Bytes copied before others get their turn. */
const SLICE_BYTES = 4 * 1024 * 1024;
const LONGEST_NAME = 64;

/**
 * Savepoints in directories of the file system: `savepoint-<job>-<id>` with one file of state and the manifest
 * `savepoint.json`, which is written last. Names in it are relative, so the directory may lie anywhere.
 */
export class FileSavepoints implements Savepoints {
  readonly #platform: Platform;
  readonly #keys: EncryptionKeys;

  constructor(platform: Platform, keys: EncryptionKeys) {
    this.#platform = platform;
    this.#keys = keys;
  }

  lastId(directory: string, job: string): number {
    const { files } = this.#platform;
    const prefix = prefixOf(job);
    const at = this.#resolved(directory);
    if (!files.exists(at) || !files.stat(at).isDirectory) return 0;
    return files.readDirectory(at).reduce((last, { name }) => {
      const id = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : 0;
      return Number.isSafeInteger(id) ? Math.max(last, id) : last;
    }, 0);
  }

  prepare(directory: string, job: string, checkpointId: number): SavepointTarget {
    const { files } = this.#platform;
    const path = joinPath(this.#resolved(directory), `${prefixOf(job)}${checkpointId}`);
    if (files.exists(path)) throw exists(path);
    try {
      makeDurableFolder(files, path);
      files.writeFile(joinPath(path, WRITING), '', { createNew: true });
    } catch (error) {
      throw FileExists.is(error) && files.exists(joinPath(path, WRITING)) ? exists(path) : unwritable(path, error);
    }
    return new FileSavepoint(this.#platform, this.#keys, path, checkpointId);
  }

  #resolved(directory: string): string {
    return resolvePath(this.#platform.process.cwd(), directory);
  }
}

/** One savepoint being written. */
class FileSavepoint implements SavepointTarget {
  readonly path: string;
  readonly checkpointId: number;
  readonly #platform: Platform;
  readonly #keys: EncryptionKeys;

  constructor(platform: Platform, keys: EncryptionKeys, path: string, checkpointId: number) {
    this.checkpointId = checkpointId;
    this.#platform = platform;
    this.#keys = keys;
    this.path = path;
  }

  async write(checkpoint: WholeCheckpoint, metadata: Omit<CheckpointMetadata, 'kind'>): Promise<StoredSavepoint> {
    try {
      const manifest = await this.#write(checkpoint, metadata);
      return { ...summaryOf(manifest), path: this.path };
    } catch (error) {
      this.abandon();
      // What the disk says is put in other words; damage of the state that was to be copied speaks for itself.
      throw error instanceof MillraceError && error.code.startsWith('MR-28') ? unwritable(this.path, error) : error;
    }
  }

  abandon(): void {
    try {
      this.#platform.files.removeTree(this.path);
    } catch {
      // Without a manifest it is nothing that could be resumed.
    }
  }

  async #write(checkpoint: WholeCheckpoint, metadata: Omit<CheckpointMetadata, 'kind'>): Promise<Manifest> {
    const { files, points } = this.#platform;
    const { job, checkpointId, origin } = checkpoint;
    const file = new StateFileWriter(this.#platform, { directory: this.path, name: STATE_FILE, job }, this.#keys);
    let manifest: Manifest;
    try {
      const operators = [];
      let slice = 0;
      for (const { snapshot, chain } of checkpoint.operators) {
        const parts: ManifestPart[] = [];
        for (const { keyGroup, kind, pieces } of chain) {
          const range = appendPieces(file, pieces());
          parts.push({ keyGroup, kind, ...range });
          slice += range.length;
          if (slice < SLICE_BYTES) continue;
          slice = 0;
          await new Promise<void>((resolve) => this.#platform.timers.immediate(resolve));
        }
        operators.push(operatorEntry(snapshot, parts, file));
      }
      const sources = sourceEntries(checkpoint, file);
      const state = file.finish();
      const head = manifestHead({ job, checkpointId, kind: 'savepoint' as const, ...metadata, ...origin }, [state], this.#keys);
      manifest = { ...head, newBytes: state.size, files: [state], operators, sources };
    } catch (error) {
      file.abandon();
      throw error;
    }
    points.reach('before-manifest');
    files.unlink(joinPath(this.path, WRITING));
    publishManifest(this.#platform, { directory: this.path, name: SAVEPOINT_MANIFEST }, manifest, this.#keys);
    return manifest;
  }
}

/** A job may have any name: what is no letter, digit or dash becomes a dash. */
function prefixOf(job: string): string {
  return `savepoint-${job.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, LONGEST_NAME)}-`;
}

function exists(path: string): Error {
  return SavepointExists.error({ what: `${path} exists`, where: { file: path } });
}

function unwritable(path: string, error: unknown): Error {
  return SavepointUnwritable.error({ what: `${path} cannot be written`, why: error instanceof MillraceError ? error.what : String(error), where: { file: path }, cause: error });
}

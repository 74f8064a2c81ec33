import type { Platform } from '../base/platform.js';
import type { CompletedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import type { Manifest } from '../checkpoint/manifest.js';
import { readCheckpoint } from './checkpoint-reader.js';
import { manifestAt, type CheckpointPlace } from './checkpoint-place.js';
import type { EncryptionKeys } from './encryption.js';
import { CheckpointOfAnotherJob, DrainedNotResumed } from './errors.js';
import { labelOf, verifyManifestSeal } from './manifest-file.js';

/** What may be resumed. */
export interface ResumeRules {
  readonly job: string;
  readonly keys: EncryptionKeys;
  /** Also what was taken after the final watermark. */
  readonly drained?: boolean | undefined;
}

/**
 * Reads the one checkpoint or savepoint at a place, every byte verified, for a job to go on from. Throws by code when it is
 * damaged, of another job or format, encrypted with a key that is not there, or not meant to be resumed.
 */
export function readResumePoint(platform: Platform, place: CheckpointPlace, rules: ResumeRules): { readonly manifest: Manifest; readonly checkpoint: CompletedCheckpoint } {
  const manifest = manifestAt(platform, place);
  assertOfJob(manifest, rules.job, place);
  verifyManifestSeal(platform, place.file, manifest, rules.keys);
  if (manifest.drained === true && manifest.kind === 'savepoint' && rules.drained !== true) {
    throw DrainedNotResumed.error({ what: `${labelOf(manifest)} of job "${manifest.job}" was taken by a stop with drain`, where: { file: place.file } });
  }
  return { manifest, checkpoint: readCheckpoint(platform, place.directory, manifest, rules.keys) };
}

/** Throws when the checkpoint was taken by a job of another name. */
export function assertOfJob(manifest: Manifest, job: string, { directory, file }: Pick<CheckpointPlace, 'directory' | 'file'>): void {
  if (manifest.job === job) return;
  throw CheckpointOfAnotherJob.error({ what: `${directory} holds a ${manifest.kind} of the job "${manifest.job}", not of "${job}"`, where: { file } });
}

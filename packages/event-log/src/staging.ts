import { encodeUtf8, type Files, joinPath, type Platform, toHex } from '@millrace/core/spi';
import type { ProducerId } from './producers.js';

/**
 * Records on their way into the log: what a sink's writer has taken between two checkpoints stands in files of the folder
 * `staging` of the log until the checkpoint is complete. Names tell the sink, its run, its subtask and a number.
 */
const STAGED = /^([0-9a-f]{16})-(\d+)-(\d+)-(\d+)-[0-9a-f]+\.staged$/;

/** What the name of a staged file says. */
export interface StagedName {
  readonly name: string;
  readonly mark: string;
  readonly epoch: number;
  readonly subtask: number;
}

/** A staged file that is handed out for committing. */
export interface LogCommittable {
  readonly file: string;
  /** Bytes of the file; it is whole when it has them. */
  readonly bytes: number;
  readonly producer: ProducerId;
  /** Number of the commit of that producer: they only grow. */
  readonly commit: number;
  readonly partitions: readonly number[];
  /** Earlier ones of the same producer that were not committed yet when this one was handed out: they come first. */
  readonly before: readonly Omit<LogCommittable, 'before'>[];
}

/** Folder of staged files in a log. */
export function stagingFolder(directory: string): string {
  return joinPath(directory, 'staging');
}

/** The mark of a sink, the same in each run of the job: 16 hexadecimal digits. */
export function sinkMark(platform: Platform, job: string, uid: string): string {
  return toHex(platform.digests.sha256().update(encodeUtf8(`${job}\n${uid}`)).digest().subarray(0, 8));
}

/** A producer nobody has been before: each writer is one, and what it hands out says so for good. */
export function newProducer(platform: Platform): ProducerId {
  // 0, 0 means nobody.
  return { high: platform.random.nextUint32(), low: (platform.random.nextUint32() | 1) >>> 0 };
}

/** In front of each staged frame: its partition and its length, four bytes each. */
export const STAGED_PREFIX_BYTES = 8;

/** A name for the next staged file. The random end keeps apart what a process that was taken for dead still writes. */
export function stagedName(platform: Platform, mark: string, epoch: number, subtask: number, number: number): string {
  return `${mark}-${epoch}-${subtask}-${number}-${platform.random.nextUint32().toString(16)}.staged`;
}

/** The staged files of a sink. */
export function stagedFiles(files: Files, directory: string, mark: string): readonly StagedName[] {
  const folder = stagingFolder(directory);
  if (!files.exists(folder)) return [];
  return files.readDirectory(folder).flatMap(({ name }) => {
    const found = STAGED.exec(name);
    return found?.[1] === mark ? [{ name, mark, epoch: Number(found[2]), subtask: Number(found[3]) }] : [];
  });
}

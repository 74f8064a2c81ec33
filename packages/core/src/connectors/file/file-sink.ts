import { type Duration, parseDuration } from '../../base/duration.js';
import { MillraceError } from '../../base/errors.js';
import { joinPath, pathOfFileUrl, resolvePath } from '../../base/paths.js';
import type { Files } from '../../base/platform-files.js';
import type { Platform } from '../../base/platform.js';
import type { Format } from '../../connector/format.js';
import type { Sink, SinkValidation } from '../../connector/sink.js';
import { ConnectorOptionInvalid, OutputNotEmpty, OutputUnwritable } from '../errors.js';
import { makeDurableFolder } from '../../base/durable-folder.js';
import { type FileCommittable, FileCommitter } from './file-committer.js';
import { FileWriter, type FileWriterState } from './file-writer.js';
import { finalNumber, partNames, sinkMark } from './part-names.js';
import type { PartitionBy } from './partitions.js';

const PROBE = '.millrace-probe-';
const ROLL_BYTES = 128 * 1024 * 1024;

/** What `fileSink()` writes and how. */
export interface FileSinkOptions<T> {
  /** The output directory; made if missing. Relative paths start at the directory the command was started in. */
  readonly path: string;
  readonly format: Format<T>;
  /** A file this large is closed; 128 MiB unless given. */
  readonly rollBytes?: number;
  /** A file this old is closed; 60 s unless given. */
  readonly rollAfter?: Duration;
  /** The folder of a record inside the output: `byDay`, `byMinute`, or a function of your own. */
  readonly partitionBy?: PartitionBy<T>;
  /**
   * What to do with files that are there at a fresh start: keep them and add to them, or remove the part files among them
   * when the job starts. Unless given, such a directory is refused.
   */
  readonly existing?: 'append' | 'replace';
  readonly compression?: 'gzip' | 'none';
}

/**
 * Writes part files, `part-<subtask>-<n>.<extension>`, into a directory. With checkpoints each record is in exactly one
 * file, whatever fails: a file has a hidden name until the checkpoint that covers it is complete. Without checkpoints a
 * bounded job shows its files at its successful end, and an unbounded one shows each file when it is rolled.
 */
export function fileSink<T>(options: FileSinkOptions<T>): Sink<T, FileCommittable, FileWriterState> {
  const { format, partitionBy, existing, compression = 'none' } = options;
  const rollBytes = options.rollBytes ?? ROLL_BYTES;
  const rollMs = parseDuration(options.rollAfter ?? '60 s', 'rollAfter');
  if (typeof options.path !== 'string' || options.path === '') throw invalid('path is missing or empty');
  if (typeof format?.createEncoder !== 'function') throw invalid('format is missing', 'Give the sink a format, e.g. format: json().');
  if (!(Number.isSafeInteger(rollBytes) && rollBytes > 0)) throw invalid(`rollBytes is ${String(rollBytes)}, and must be a whole number above 0`);
  if (rollMs === 0) throw invalid('rollAfter must be above 0');
  if (partitionBy !== undefined && typeof partitionBy !== 'function') throw invalid('partitionBy must be a function');
  if (existing !== undefined && existing !== 'append' && existing !== 'replace') throw invalid(`existing is "${String(existing)}", and must be append or replace`);
  if (compression !== 'gzip' && compression !== 'none') throw invalid(`compression is "${String(compression)}", and must be gzip or none`);
  const packed = compression === 'gzip';
  const names = partNames(`${format.fileExtension ?? format.name}${packed ? '.gz' : ''}`);
  return {
    kind: 'file',
    guarantee: 'exactly-once',
    restartsAlone: true,
    validate: (validation) => validate(rootOf(validation.platform, options.path), existing, validation),
    createWriter: (context, restored) => {
      const mark = sinkMark(context.job, context.operator);
      const root = rootOf(context.platform, options.path);
      return new FileWriter({ root, format, mark, names: names(mark), packed, rollBytes, rollMs, partitionBy }, context, restored);
    },
    createCommitter: (context) => new FileCommitter(rootOf(context.platform, options.path), context),
  };
}

function rootOf(platform: Platform, path: string): string {
  return resolvePath(platform.process.cwd(), path.startsWith('file:') ? pathOfFileUrl(path) : path);
}

/** Makes the directory, tries whether it can be written, and looks what is in it. */
function validate(root: string, existing: 'append' | 'replace' | undefined, { platform, operator, resumed }: SinkValidation): void {
  const { files } = platform;
  try {
    makeDurableFolder(files, root);
    // One that a crash has left, or brought back, is in nobody's way but would stay for ever.
    for (const { name } of files.readDirectory(root)) if (name.startsWith(PROBE)) files.unlink(joinPath(root, name));
    const probe = joinPath(root, `${PROBE}${platform.random.uuid()}`);
    files.writeFile(probe, '', { createNew: true });
    files.unlink(probe);
  } catch (error) {
    throw unwritable(error, root, operator);
  }
  if (resumed || existing === 'append') return;
  const present = files.readDirectory(root).filter(({ name }) => !name.startsWith('.'));
  if (present.length === 0) return;
  if (existing === 'replace') return removeParts(files, root);
  const shown = present.slice(0, 3).map(({ name }) => name).join(', ');
  throw OutputNotEmpty.error({ what: `"${root}" holds ${shown}${present.length > 3 ? ` and ${present.length - 3} more` : ''}`, where: { operator, file: root } });
}

/** Only files with names of parts: whatever else lies there is not ours. */
function removeParts(files: Files, directory: string): void {
  for (const { name, isDirectory } of files.readDirectory(directory)) {
    const path = joinPath(directory, name);
    if (isDirectory && !name.startsWith('.')) removeParts(files, path);
    else if (!isDirectory && finalNumber(name) !== undefined) files.unlink(path);
  }
}

function unwritable(error: unknown, root: string, operator: string): unknown {
  if (!(error instanceof MillraceError)) return error;
  return OutputUnwritable.error({ what: `"${root}": ${error.what}`, remedy: error.remedy, where: { operator, file: root }, cause: error });
}

function invalid(what: string, remedy?: string): Error {
  return ConnectorOptionInvalid.error({ what: `fileSink: ${what}`, ...(remedy === undefined ? {} : { remedy }) });
}

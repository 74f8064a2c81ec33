import { type Duration, parseDuration } from '../../base/duration.js';
import type { Format, TextEncoding } from '../../connector/format.js';
import { checkedRate } from '../../connector/pacer.js';
import { DEFAULT_RECORD_LIMITS, type Source } from '../../connector/source.js';
import { ConnectorOptionInvalid } from '../errors.js';
import { FileEnumerator } from './file-enumerator.js';
import { FileReader } from './file-reader.js';
import type { FileSplit } from './file-split.js';

const MIB = 1024 * 1024;
const BLOCK = 256 * 1024;
/** Many files are open at once when they are read side by side. */
const INTERLEAVED_BLOCK = 64 * 1024;
const WATCH_MS = 1000;

/** What `fileSource()` reads and how. */
export interface FileSourceOptions<T> {
  /**
   * A file, a pattern (`*`, `**`, `?`, `[a-z]`, `{a,b}`), a directory (with all folders in it), a `file:` URL, or several of these.
   * Relative paths start at the directory the command was started in.
   */
  readonly path: string | readonly string[];
  readonly format: Format<T>;
  /** Records per second over all subtasks; no limit unless given. */
  readonly rate?: number | undefined;
  /**
   * Whether to go on looking for new files; a duration says how often (1 s). A new file is taken once its size and time
   * have not changed for that long, and then never again. Makes the source unbounded.
   */
  readonly watch?: boolean | Duration;
  /**
   * Whether to wait for more at the end of each file, as `tail -f` does, also when it is rotated or truncated. A last line
   * without a line feed waits for its rest. Makes the source unbounded.
   */
  readonly follow?: boolean;
  /**
   * Whether all files are read side by side, for files whose times overlap (one per machine, say). Otherwise they are
   * read in order of their paths, and the times of a later file should not lie before those of an earlier one.
   */
  readonly interleave?: boolean;
  /** Size of the byte ranges that subtasks share; 16 MiB unless given. */
  readonly splitBytes?: number;
  /** `auto` looks at the first bytes of each file. */
  readonly compression?: 'auto' | 'gzip' | 'none';
  /** Longest record; 16 MiB unless given. A longer one is a decode error. */
  readonly maxRecordBytes?: number;
  /** UTF-8 unless given. */
  readonly encoding?: TextEncoding;
}

/**
 * Reads files: lines, NDJSON, CSV and other formats, packed with gzip or not. The position is the file and the byte offset
 * after the last record, so it can be read again from any checkpoint.
 */
export function fileSource<T>(options: FileSourceOptions<T>): Source<T, FileSplit> {
  const { format, follow = false, compression = 'auto', encoding = 'utf-8', rate } = options;
  const inputs = typeof options.path === 'string' ? [options.path] : [...(options.path ?? [])];
  if (inputs.length === 0 || inputs.some((input) => typeof input !== 'string' || input === '')) throw invalid('path is missing or empty');
  if (typeof format?.createDecoder !== 'function') throw invalid('format is missing', 'Give the source a format, e.g. format: json(Order).');
  if (rate !== undefined) checkedRate(rate);
  if (!['auto', 'gzip', 'none'].includes(compression)) throw invalid(`compression is "${String(compression)}", and must be auto, gzip or none`);
  if (!['utf-8', 'latin1'].includes(encoding)) throw invalid(`encoding is "${String(encoding)}", and must be utf-8 or latin1`);
  if (follow && compression === 'gzip') throw invalid('a packed file cannot be followed');
  const watchMs = watchInterval(options.watch);
  if (follow && watchMs !== undefined) throw invalid('follow and watch exclude each other: a followed file never ends, so no other would be read');
  const interleave = (options.interleave ?? false) || follow;
  const splittable = format.splittable !== false && format.framing === 'lines' && !interleave;
  const splitBytes = positive(options.splitBytes ?? 16 * MIB, 'splitBytes');
  const ownLimit = options.maxRecordBytes === undefined ? undefined : positive(options.maxRecordBytes, 'maxRecordBytes');
  return {
    kind: 'file',
    bounded: watchMs === undefined && !follow,
    replayable: true,
    type: format.type,
    createEnumerator: (context, restored) =>
      new FileEnumerator({ inputs, splitBytes: splittable ? splitBytes : Infinity, compression, watchMs, follow, interleave }, context, restored),
    createReader: (context) => {
      const maxRecordBytes = ownLimit ?? (context.recordLimits ?? DEFAULT_RECORD_LIMITS).maxBytes;
      return new FileReader({ format, encoding, maxRecordBytes, blockBytes: interleave ? INTERLEAVED_BLOCK : BLOCK, follow, rate, interleave }, context);
    },
  };
}

function watchInterval(watch: boolean | Duration | undefined): number | undefined {
  if (watch === undefined || watch === false) return undefined;
  return watch === true ? WATCH_MS : positive(parseDuration(watch, 'the interval of watch'), 'watch');
}

function positive(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(`${name} is ${String(value)}, and must be a whole number above 0`);
}

function invalid(what: string, remedy?: string): Error {
  return ConnectorOptionInvalid.error({ what: `fileSource: ${what}`, ...(remedy === undefined ? {} : { remedy }) });
}

import { type Duration, parseDuration } from '../../base/duration.js';
import type { Format } from '../../connector/format.js';
import { DEFAULT_RECORD_LIMITS, type Source, type Split } from '../../connector/source.js';
import { ConnectorOptionInvalid } from '../errors.js';
import { FixedSplits } from '../../connector/fixed-splits.js';
import { SocketReader } from './socket-reader.js';

/** What `socketSource()` reads and how. */
export interface SocketSourceOptions<T> {
  readonly host: string;
  readonly port: number;
  readonly format: Format<T>;
  /** What to do when the connection is lost or refused: try again so often, so far apart. 10 times after 1 s unless given. */
  readonly reconnect?: { readonly attempts: number; readonly delay?: Duration };
  /** Whether the end of the stream ends the source (a bounded input); otherwise it connects again. False unless given. */
  readonly endOnClose?: boolean;
  /** Longest record; 16 MiB unless given. */
  readonly maxRecordBytes?: number;
}

/**
 * Reads lines (or frames of the format) from a TCP server, in one subtask. The server feels back pressure. Nothing can be
 * read again: after a restart the job goes on with what the server sends next.
 */
export function socketSource<T>(options: SocketSourceOptions<T>): Source<T, Split> {
  const { host, port, format, endOnClose = false, maxRecordBytes } = options;
  const attempts = options.reconnect?.attempts ?? 10;
  const delayMs = parseDuration(options.reconnect?.delay ?? '1 s', 'the delay of reconnect');
  if (typeof host !== 'string' || host === '') throw invalid('host is missing');
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid(`port is ${String(port)}, and must be from 1 to 65535`);
  if (typeof format?.createDecoder !== 'function') throw invalid('format is missing');
  if (!Number.isSafeInteger(attempts) || attempts < 0) throw invalid(`reconnect.attempts is ${String(attempts)}, and must be a whole number`);
  if (maxRecordBytes !== undefined && (!Number.isSafeInteger(maxRecordBytes) || maxRecordBytes < 1)) throw invalid(`maxRecordBytes is ${String(maxRecordBytes)}, and must be a whole number above 0`);
  return {
    kind: 'socket',
    bounded: endOnClose,
    replayable: false,
    type: format.type,
    createEnumerator: (context, restored) => new FixedSplits<Split>(context, restored, () => [{ id: `tcp://${host}:${port}` }]),
    createReader: (context) =>
      new SocketReader({ host, port, format, attempts, delayMs, endOnClose, maxRecordBytes: maxRecordBytes ?? (context.recordLimits ?? DEFAULT_RECORD_LIMITS).maxBytes }, context),
  };
}

function invalid(what: string): Error {
  return ConnectorOptionInvalid.error({ what: `socketSource: ${what}` });
}

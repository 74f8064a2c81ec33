/**
 * The contract of formats: bytes to records and back.
 *
 * A format knows nothing of where bytes come from. The connector cuts the input into frames (lines, length-prefixed,
 * whole messages); the format says which framing it expects by default.
 */
import type { MetricGroup } from '../base/metrics.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { DecodeErrorPolicy } from './dead-letter.js';

/** How a byte stream is cut into records. */
export type Framing = 'lines' | 'none';

/** How text is written in bytes. Both keep a line feed one byte, so that lines can be found without decoding. */
export type TextEncoding = 'utf-8' | 'latin1';

/** Limit of nesting unless a format is given another one (rule 49). */
export const DEFAULT_MAX_DEPTH = 128;

/** Names of the place of a record, for errors, and what the connector knows about the bytes. */
export interface DecodeContext {
  /** Name of the source operator. */
  readonly source: string;
  /** Limit of nesting; deeper records are decode errors. A format may have a limit of its own, which wins. */
  readonly maxDepth: number;
  /** How text is encoded; UTF-8 unless given. */
  readonly encoding?: TextEncoding;
  /** Where the decoder counts, e.g. unsafe integers. */
  readonly metrics?: MetricGroup;
  /** The topic, where there is one: schema registries name schemas after it. */
  readonly topic?: string;
  /** Whether the bytes are the key of a message; its value unless said. */
  readonly isKey?: boolean;
}

/** Collects what a decoder makes of one frame: none, one or several records. */
export interface DecodeTarget<T> {
  /** Hands a record over; `timestamp` is epoch milliseconds, NaN when the format knows none. */
  record(value: T, timestamp: number): void;
}

/**
 * Turns frames into records. One decoder serves one split at a time; what it learns on the way (a CSV header) is its
 * state and travels with the split's position.
 */
export interface Decoder<T> {
  /**
   * Decodes the frame `bytes[from, to)`. Throws a coded error for a frame it cannot decode; the caller adds source,
   * split and offset and follows the decode error policy. The bytes belong to the caller and are reused.
   */
  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<T>): void;
  /**
   * Checks, before the first frame of a split, that its records will be readable, e.g. that the newest schema is. Sources of
   * messages call it once, where a record that cannot be decoded fails the job; where such records are passed over, nobody
   * asks. A rejection (with a coded error) ends the reader before a record is handed over.
   */
  start?(): Promise<void> | undefined;
  /**
   * Fetches what this frame needs before it can be decoded, e.g. a schema that it names by an id: sources of messages
   * call it before each `decode` and, where it gives a promise, decode the same frame only after that is fulfilled. It
   * gives undefined at once when nothing is missing, so that the promise is the rare case. A rejection (with a coded error)
   * ends the reader: it means that no frame can be decoded now, as when a server is not reached. What is wrong with this
   * frame alone is for `decode` to throw. The bytes may be used until the promise is settled.
   */
  prepare?(bytes: Uint8Array, from: number, to: number): Promise<void> | undefined;
  /**
   * The same for a frame that is text already. A connector that cuts lines turns a whole block of bytes into one string
   * and hands out its lines, which is several times faster than a string per line. The text is valid in its encoding and
   * has no line end and no byte order mark.
   */
  decodeText?(text: string, out: DecodeTarget<T>): void;
  /**
   * Where the frame that starts at `from` ends, separator included, for formats whose records may hold the separator (a
   * quoted line feed in CSV); -1 when more bytes are needed to know. `atEnd` says that no more will come: then the rest
   * is a frame. Must not change the decoder. Left out: a frame ends after the format's separator.
   */
  frameEnd?(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number;
  /** Plain data for the position of the split; undefined when there is none. */
  snapshot?(): unknown;
  restore?(state: unknown): void;
  /** Called with the split's first bytes when a reader starts in the middle: a header must still be known. True: read the head of the file first. */
  readonly needsHead?: boolean;
}

/** What an encoder may know of the place its records go to. */
export interface EncoderContext {
  /** The topic, where there is one: schema registries name schemas after it. */
  readonly topic?: string;
  /** Whether the bytes become the key of a message; its value unless said. */
  readonly isKey?: boolean;
}

/** Turns records into bytes. */
export interface Encoder<T> {
  /**
   * Gets ready, e.g. registers its schema. A sink that can wait calls it once, before the first record, and for each
   * topic with an encoder of its own. A rejection (with a coded error) fails the start of the sink.
   */
  start?(context: EncoderContext): Promise<void>;
  /** Appends the frame of one record to `out`, without a separator. Throws a coded error for a record it cannot encode. */
  encode(value: T, out: ByteSink): void;
  /** Bytes at the start of each file or message stream, e.g. a CSV header; undefined when there are none. */
  header?(): string | undefined;
}

/** Where encoders put bytes: `ByteWriter` of `base/bytes.ts` fits. */
export interface ByteSink {
  /** Appends text as UTF-8. */
  utf8(text: string): void;
  bytes(bytes: Uint8Array): void;
}

/** A format for reading, writing or both, made by `json()`, `csv()`, `raw()` and others. */
export interface Format<T> {
  readonly name: string;
  readonly framing: Framing;
  /** What separates records in a byte stream of frames. */
  readonly separator: string;
  readonly type: TypeInfo<T>;
  /** What to do with a record that cannot be decoded; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
  /**
   * Whether reading may start in the middle of a file, at the next separator; true unless given. False where a separator
   * may lie inside a record or where the head of the file must be known.
   */
  readonly splittable?: boolean;
  /** Ending of file names, without a dot, e.g. `ndjson`. */
  readonly fileExtension?: string;
  createDecoder(context: DecodeContext): Decoder<T>;
  createEncoder(): Encoder<T>;
}

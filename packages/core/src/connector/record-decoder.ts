import { MillraceError } from '../base/errors.js';
import type { Counter } from '../base/metrics.js';
import type { Decoder, DecodeTarget, Format, TextEncoding } from './format.js';
import type { DecodeErrorPolicy } from './dead-letter.js';
import { DecodePolicyInvalid, DecoderFailed, HeaderInvalid, SchemaAsynchronous } from './errors.js';
import { DEFAULT_RECORD_LIMITS, type ReaderContext, type SourceBatch } from './source.js';

/**
 * Runs one split's decoder over frames and follows the decode error policy (rule 50): fail with the place of the record,
 * count and skip, or count and hand over as a dead letter.
 *
 * A frame may give more records than the batch has room for. The rest waits here, and `skip` says how many of the frame
 * under way are handed over, so that a position inside a frame can be restored: decode it again and leave those out.
 */
export class RecordDecoder<T> implements DecodeTarget<T> {
  readonly decoder: Decoder<T>;
  /** Where a frame ends, for formats whose frames are no lines; undefined for lines. */
  readonly frameEnd: FrameEnd | undefined;
  /** Records of the frame at `frameOffset` that are handed over, while others of it wait; 0 between frames. */
  skip: number;
  /** Where the frame under way, or the last one, begins. */
  frameOffset: number;
  readonly #context: ReaderContext;
  readonly #split: string;
  readonly #policy: DecodeErrorPolicy;
  readonly #errors: Counter;
  /** Whether the connector calls what a decoder has besides `decode`. */
  #starts: boolean;
  #batch: SourceBatch<T> | undefined;
  #limit: number;
  #produced: number;
  #leaveOut: number;
  #waiting: { readonly value: T; readonly timestamp: number }[];

  constructor(format: Format<T>, context: ReaderContext, split: string, encoding: TextEncoding = 'utf-8', topic?: string) {
    this.decoder = format.createDecoder({ source: context.operator, maxDepth: (context.recordLimits ?? DEFAULT_RECORD_LIMITS).maxDepth, encoding, metrics: context.metrics, ...(topic === undefined ? {} : { topic }) });
    this.frameEnd = frameEndOf(format, this.decoder);
    this.skip = 0;
    this.frameOffset = 0;
    this.#context = context;
    this.#split = split;
    // A job that says where dead letters go wants them.
    this.#policy = checkedPolicy(format.onError ?? (context.deadLetters === undefined ? 'fail' : 'deadLetter'));
    this.#errors = context.metrics.counter('numDecodeErrors');
    this.#starts = false;
    this.#batch = undefined;
    this.#limit = 0;
    this.#produced = 0;
    this.#leaveOut = 0;
    this.#waiting = [];
  }

  /** True while records of a decoded frame wait for room. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Before the first frame: what `Decoder.start` checks, unless records that cannot be decoded are passed over anyway. */
  start(): Promise<void> | undefined {
    this.#starts = true;
    return this.#policy === 'fail' ? this.decoder.start?.() : undefined;
  }

  /** After a restore: the next frame, at this offset, was handed over up to this many records. */
  leaveOut(records: number, offset: number): void {
    this.#leaveOut = records;
    this.skip = records;
    this.frameOffset = offset;
  }

  /** Says which batch takes the records, and up to which length. Waiting records go first. */
  into(batch: SourceBatch<T>, limit: number): void {
    this.#batch = batch;
    this.#limit = limit;
    if (this.#waiting.length > 0) this.#deliverWaiting(batch);
  }

  /** Decodes a frame of bytes. */
  decode(bytes: Uint8Array, from: number, to: number, offset: number): void {
    this.#begin(offset);
    try {
      this.decoder.decode(bytes, from, to, this);
    } catch (error) {
      this.failed(error, offset, bytes, from, to);
    }
    this.#end();
  }

  /**
   * Decodes a frame of text. Gives the error when it failed: the caller, who knows the bytes, passes it to `failed`. Only
   * for a decoder that has `decodeText`.
   */
  decodeText(text: string, offset: number): unknown {
    this.#begin(offset);
    try {
      this.decoder.decodeText!(text, this);
    } catch (error) {
      return error ?? 'the decoder threw undefined';
    }
    this.#end();
    return undefined;
  }

  record(value: T, timestamp: number): void {
    if (this.#leaveOut > 0) {
      this.#leaveOut--;
      this.#produced++;
      return;
    }
    this.#produced++;
    const batch = this.#batch!;
    const at = batch.length;
    if (at < this.#limit) {
      batch.values[at] = value;
      batch.timestamps[at] = timestamp;
      batch.offsets[at] = this.frameOffset;
      batch.length = at + 1;
    } else {
      if (this.#waiting.length === 0) this.skip = this.#produced - 1;
      this.#waiting.push({ value, timestamp });
    }
  }

  /** A record could not be decoded, or is not even tried: follows the policy. */
  failed(error: unknown, offset: number, bytes: Uint8Array, from: number, to: number): void {
    this.#end();
    const coded = this.#coded(error).located({ source: this.#context.operator, split: this.#split, offset });
    // A decoder that must fetch something reads no record at all where it is never asked to.
    if (this.#policy === 'fail' || isFatal(error) || (this.decoder.prepare !== undefined && !this.#starts)) throw coded;
    this.#errors.value++;
    if (this.#policy === 'skip') return;
    this.#context.deadLetters?.({
      reason: `${coded.code} ${coded.title}: ${coded.what}`,
      operator: this.#context.operator,
      source: this.#context.operator,
      split: this.#split,
      offset,
      raw: bytes.slice(from, to),
    });
  }

  #begin(offset: number): void {
    this.frameOffset = offset;
    this.#produced = 0;
  }

  #end(): void {
    this.#leaveOut = 0;
    if (this.#waiting.length === 0) this.skip = 0;
  }

  #deliverWaiting(batch: SourceBatch<T>): void {
    let taken = 0;
    while (taken < this.#waiting.length && batch.length < this.#limit) {
      const { value, timestamp } = this.#waiting[taken++]!;
      batch.values[batch.length] = value;
      batch.timestamps[batch.length] = timestamp;
      batch.offsets[batch.length] = this.frameOffset;
      batch.length++;
    }
    this.#waiting = this.#waiting.slice(taken);
    this.skip = this.#waiting.length === 0 ? 0 : this.skip + taken;
  }

  #coded(error: unknown): MillraceError {
    if (error instanceof MillraceError) return error;
    return DecoderFailed.error({ what: error instanceof Error ? `${error.name}: ${error.message}` : String(error), cause: error });
  }
}

/** Errors that no policy passes over: they hold for every record. */
function isFatal(error: unknown): boolean {
  return SchemaAsynchronous.is(error) || HeaderInvalid.is(error);
}

/** Finds the end of a frame, as {@link Decoder.frameEnd} does. */
export type FrameEnd = (bytes: Uint8Array, from: number, to: number, atEnd: boolean) => number;

function frameEndOf<T>(format: Format<T>, decoder: Decoder<T>): FrameEnd | undefined {
  if (decoder.frameEnd !== undefined) return (bytes, from, to, atEnd) => decoder.frameEnd!(bytes, from, to, atEnd);
  // Without any framing the whole stream is one record.
  return format.framing === 'none' ? (_bytes, _from, to, atEnd) => (atEnd ? to : -1) : undefined;
}

/** The compiler sees to it, but not where jobs are JavaScript or a setting comes from outside. */
function checkedPolicy(policy: DecodeErrorPolicy): DecodeErrorPolicy {
  if (policy === 'fail' || policy === 'skip' || policy === 'deadLetter') return policy;
  throw DecodePolicyInvalid.error({ what: `onError of the format is ${JSON.stringify(policy)}` });
}

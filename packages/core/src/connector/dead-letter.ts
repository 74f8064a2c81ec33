/** A record that could not be decoded, as `stream.deadLetters()` gives it. */
export interface DeadLetter {
  /** The error's code and sentence. */
  readonly reason: string;
  /** Name of the source operator. */
  readonly source: string;
  readonly split: string;
  /** Where the record stands in its split. */
  readonly offset: number;
  /** The record as it came. */
  readonly raw: Uint8Array;
}

/** What to do with a record that cannot be decoded: fail the job, count and skip it, or hand it to `deadLetters()`. */
export type DecodeErrorPolicy = 'fail' | 'skip' | 'deadLetter';

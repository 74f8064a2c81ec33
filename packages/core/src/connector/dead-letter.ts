import { t } from '../record/types/t.js';
import type { TypeInfo } from '../record/types/type-info.js';

/** A record that could not be decoded, or at which a function of the job threw, as `deadLetterTo()` gives it to a sink. */
export interface DeadLetter {
  /** The error's code and sentence. */
  readonly reason: string;
  /** Name of the operator that gave the record up. */
  readonly operator: string;
  /** Name of the source the record came from; empty behind an exchange, where it is not known any more. */
  readonly source: string;
  /** Its split; empty where it is not known. */
  readonly split: string;
  /** Where the record stands in its split; -1 where it is not known. */
  readonly offset: number;
  /** The record as it came from outside, or, where a function threw, as JSON. */
  readonly raw: Uint8Array;
}

/** The type of dead letters. */
export const DEAD_LETTER_TYPE: TypeInfo<DeadLetter> = t.struct({ reason: t.string, operator: t.string, source: t.string, split: t.string, offset: t.number, raw: t.bytes });

/** Tag of the side output that carries dead letters. */
export const DEAD_LETTERS = 'deadLetters';

/** What to do with a record that cannot be decoded: fail the job, count and skip it, or hand it to `deadLetters()`. */
export type DecodeErrorPolicy = 'fail' | 'skip' | 'deadLetter';

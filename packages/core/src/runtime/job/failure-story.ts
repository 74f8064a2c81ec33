import { MillraceError, type ErrorLocation } from '../../base/errors.js';
import { RestartsInVain } from '../errors.js';
import type { JobFailure } from './job-description.js';

/** So many failures are kept for `describe`; of older ones only the number is known. */
const KEPT = 20;

/** The same failure so often in a row ends the job (rule 45). */
const SAME_IN_A_ROW = 3;

/**
 * Where the record is not known, the failures in a row must also have gone on for so long: a database that is away for some
 * minutes looks the same each time, and waiting for it is right.
 */
export const OUTAGE_MS: number = 10 * 60_000;

/** What is known of a failure before anything is decided. */
export type FailureFacts = Omit<JobFailure, 'scope' | 'restartAfterMs' | 'restoredFrom'>;

/**
 * What has gone wrong in a run, one entry per failure, and how often the same has come in a row: the same code at the same
 * operator and, where it is known, the same record. Where the record is not known, a checkpoint that has become complete in
 * between shows that the job had come further, and the count begins anew; and it may be an outage, which is given its time.
 */
export class FailureStory {
  #entries: readonly JobFailure[];
  #count: number;
  #last: { readonly sameness: string; readonly isPlaced: boolean; readonly checkpoints: number; readonly since: number; readonly row: readonly FailureFacts[] } | undefined;

  constructor() {
    this.#entries = [];
    this.#count = 0;
    this.#last = undefined;
  }

  /** The last failures, oldest first. */
  get entries(): readonly JobFailure[] {
    return this.#entries;
  }

  /** A failure has happened; `checkpoints` is how many have become complete in the run so far. */
  happened(error: unknown, { at, attempt, checkpoints }: { readonly at: number; readonly attempt: number; readonly checkpoints: number }): FailureFacts {
    this.#count++;
    const { code, message, where } = partsOf(error);
    const sameness = JSON.stringify([code ?? message, where.operator, where.source, where.split, where.offset]);
    const isPlaced = where.split !== undefined && where.offset !== undefined;
    const goesOn = this.#last?.sameness === sameness && (isPlaced || this.#last.checkpoints === checkpoints);
    const last = goesOn ? this.#last : undefined;
    const before = last?.row ?? [];
    const facts: FailureFacts = { at, number: this.#count, attempt, code, message, where, inARow: (before.at(-1)?.inARow ?? 0) + 1 };
    this.#last = { sameness, isPlaced, checkpoints, since: last?.since ?? at, row: [...before, facts].slice(-SAME_IN_A_ROW) };
    return facts;
  }

  /** The error that ends the job when the same has happened too often in a row; it tells the last three times. */
  endlessLoop(error: unknown, job: string): MillraceError | undefined {
    const last = this.#last;
    const newest = last?.row.at(-1);
    if (last === undefined || newest === undefined || newest.inARow < SAME_IN_A_ROW) return undefined;
    if (!last.isPlaced && newest.at - last.since < OUTAGE_MS) return undefined;
    const { row } = last;
    const { message, where } = partsOf(error);
    const times = row.map((facts) => `${new Date(facts.at).toISOString()} in attempt ${facts.attempt}: ${facts.code ?? 'an error'}, ${facts.message}`);
    const remedy = error instanceof MillraceError ? error.remedy : undefined;
    return RestartsInVain.error({
      what: `job "${job}" has failed ${newest.inARow} times in a row in the same way: ${message}`,
      why: times.join('; '),
      where: { ...where, job },
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }

  /** Keeps what was done about it. */
  keep(failure: JobFailure): void {
    this.#entries = [...this.#entries, failure].slice(-KEPT);
  }
}

function partsOf(error: unknown): { readonly code: string | undefined; readonly message: string; readonly where: ErrorLocation } {
  if (error instanceof MillraceError) return { code: error.code, message: error.what, where: error.where };
  return { code: undefined, message: error instanceof Error ? `${error.name}: ${error.message}` : String(error), where: {} };
}

/**
 * Coded errors: the one way Millrace tells somebody that something is wrong.
 *
 * Every folder that can fail owns one `errors.ts` in which each failure is declared once with {@link defineError}:
 * a stable code, what it means, and how to mend it. The declared set is the documented set
 * (`docs/reference/errors.md`, checked both ways by tidy) and the text behind `millrace explain CODE`.
 *
 * A coded error is for everybody else's mistakes; our own are caught by `assert` (see `assert.ts`).
 */

/** A stable error code, `MR-` and four digits. Once released, a code never changes its meaning. */
export type ErrorCode = `MR-${number}`;

/** Where something went wrong, in the words of the person who reads it. Every part is optional; give all you know. */
export interface ErrorLocation {
  /** Name of the job. */
  readonly job?: string;
  /** Name of the operator, as the user gave it or as the graph shows it. */
  readonly operator?: string;
  /** Index of the parallel instance, from 0. */
  readonly subtask?: number;
  /** The user's file, line and column that made the operator or the value, e.g. `/app/job.ts:12:5`. */
  readonly definedAt?: string;
  /** Name of the state. */
  readonly state?: string;
  /** The key being processed, as text. */
  readonly key?: string;
  /** Name of the source the record came from. A property that is there and undefined says that it is not known, and is not filled in. */
  readonly source?: string | undefined;
  /** The split of the source, e.g. a file path or a topic partition. */
  readonly split?: string | undefined;
  /** The record's place within its split: byte offset, line or log offset. */
  readonly offset?: number | string | undefined;
  /** Path inside a value, e.g. `$.items[3].price`. */
  readonly path?: string;
  /** A file on disk. */
  readonly file?: string;
}

/** The place of a failure that came after its record, from a promise: the record under way by then is another one, and must not be named. */
export const RECORD_UNKNOWN: ErrorLocation = Object.freeze({ source: undefined, split: undefined, offset: undefined });

/** What the place of a failure adds to its declaration. */
export interface ErrorDetails {
  /** What happened, one sentence with the names in it. */
  readonly what: string;
  /** Why it is so, where the declaration's general reason is not enough. */
  readonly why?: string;
  /** How to mend it here, where the declaration's general remedy is not enough. */
  readonly remedy?: string;
  /** Where it happened. */
  readonly where?: ErrorLocation;
  /** The error underneath, if any. */
  readonly cause?: unknown;
}

/** One declared failure. */
export interface ErrorKind {
  readonly code: ErrorCode;
  /** The name of the failure in a few words, e.g. `Key is null`. */
  readonly title: string;
  /** What the code means and why it is an error: one paragraph, for `millrace explain`. */
  readonly explanation: string;
  /** What a user does about it: one paragraph or sentence. */
  readonly remedy: string;
  /** Makes the error for one place. Callers write `throw Kind.error({ … })`. */
  error(details: ErrorDetails): MillraceError;
  /** True for an error of this kind. */
  is(error: unknown): error is MillraceError;
}

/** An error with a code, a place, a reason and a remedy. Made by {@link ErrorKind.error}, never by hand. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly title: string;
  readonly what: string;
  readonly why: string | undefined;
  readonly remedy: string;
  readonly where: ErrorLocation;

  readonly #kind: ErrorKind;

  constructor(kind: ErrorKind, details: ErrorDetails) {
    super(formatMessage(kind, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.#kind = kind;
    this.code = kind.code;
    this.title = kind.title;
    this.what = details.what;
    this.why = details.why;
    this.remedy = details.remedy ?? kind.remedy;
    this.where = details.where ?? {};
  }

  /** The same failure with more of its place known: what is already there wins. */
  located(where: ErrorLocation): MillraceError {
    return new MillraceError(this.#kind, {
      what: this.what,
      ...(this.why === undefined ? {} : { why: this.why }),
      remedy: this.remedy,
      where: { ...where, ...this.where },
      ...(this.cause === undefined ? {} : { cause: this.cause }),
    });
  }

  /** The parts as plain data, for `--json`. */
  toJSON(): Record<string, unknown> {
    return { code: this.code, title: this.title, what: this.what, why: this.why, remedy: this.remedy, where: this.where };
  }
}

/** Declares a failure. Called at the top level of an `errors.ts`, once per code. */
export function defineError(declaration: {
  readonly code: ErrorCode;
  readonly title: string;
  readonly explanation: string;
  readonly remedy: string;
}): ErrorKind {
  const kind: ErrorKind = {
    ...declaration,
    error: (details) => new MillraceError(kind, details),
    is: (error): error is MillraceError => error instanceof MillraceError && error.code === declaration.code,
  };
  return Object.freeze(kind);
}

const LOCATION_LABELS: readonly (readonly [keyof ErrorLocation, string])[] = [
  ['job', 'job'],
  ['operator', 'operator'],
  ['subtask', 'subtask'],
  ['definedAt', 'defined at'],
  ['state', 'state'],
  ['key', 'key'],
  ['source', 'source'],
  ['split', 'split'],
  ['offset', 'offset'],
  ['path', 'path'],
  ['file', 'file'],
];

function formatMessage(kind: ErrorKind, details: ErrorDetails): string {
  const lines = [`${kind.code} ${kind.title}: ${details.what}`];
  const places: string[] = [];
  for (const [field, label] of LOCATION_LABELS) {
    const value = details.where?.[field];
    if (value !== undefined) places.push(`${label} ${value}`);
  }
  if (places.length > 0) lines.push(`  where: ${places.join(', ')}`);
  if (details.why !== undefined) lines.push(`  why: ${details.why}`);
  lines.push(`  mend: ${details.remedy ?? kind.remedy}`);
  return lines.join('\n');
}

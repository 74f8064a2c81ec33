import { MillraceError, type ErrorCode, type ErrorDetails, type ErrorKind, type ErrorLocation } from '../../base/errors.js';

/** An error on its way between threads: what people read of it, as plain data. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: ErrorMessage | undefined;
  /** Set for a coded error. */
  readonly coded: CodedParts | undefined;
}

interface CodedParts {
  readonly code: ErrorCode;
  readonly title: string;
  readonly what: string;
  readonly why: string | undefined;
  readonly remedy: string;
  readonly where: ErrorLocation;
}

/** A chain of causes is followed no further. */
const MAX_CAUSES = 8;

/** An error (or whatever was thrown) as plain data. */
export function errorToMessage(error: unknown, depth: number = 0): ErrorMessage {
  if (!(error instanceof Error)) return { name: 'Error', message: textOf(error), stack: undefined, cause: undefined, coded: undefined };
  const cause = error.cause === undefined || depth >= MAX_CAUSES ? undefined : errorToMessage(error.cause, depth + 1);
  return { name: error.name, message: error.message, stack: error.stack, cause, coded: error instanceof MillraceError ? codedParts(error) : undefined };
}

/** The error again, with the code, place and stack it had. */
export function errorFromMessage(message: ErrorMessage): Error {
  const cause = message.cause === undefined ? undefined : errorFromMessage(message.cause);
  const error = message.coded === undefined ? plainError(message, cause) : codedError(message.coded, cause);
  if (message.stack !== undefined) error.stack = message.stack;
  return error;
}

function codedParts(error: MillraceError): CodedParts {
  const { code, title, what, why, remedy, where } = error;
  return { code, title, what, why, remedy, where: { ...where } };
}

/** The thread that made the error knows its declaration; this one need not, when a connector of the job declared it. */
function codedError(parts: CodedParts, cause: Error | undefined): MillraceError {
  const { code, title, what, why, remedy, where } = parts;
  const kind: ErrorKind = {
    code,
    title,
    explanation: '',
    remedy,
    error: (details) => new MillraceError(kind, details),
    is: (error): error is MillraceError => error instanceof MillraceError && error.code === code,
  };
  const details: ErrorDetails = { what, remedy, where, ...(why === undefined ? {} : { why }), ...(cause === undefined ? {} : { cause }) };
  return new MillraceError(kind, details);
}

/** An error of the user's or the runtime's own, which keeps its name. */
function plainError(message: ErrorMessage, cause: Error | undefined): Error {
  const error = new Error(message.message, cause === undefined ? undefined : { cause });
  error.name = message.name;
  return error;
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'something that has no text';
  }
}

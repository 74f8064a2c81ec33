import type { ErrorMessage } from './messages.js';

/** Frames of a stack that help nobody who writes a job: Node's own, and the engine's. */
const INNER_FRAME = /\bnode:|\/node_modules\/(?:@millrace\/|millrace\/)|\/packages\/(?:core|millrace)\/(?:dist|src|bin)\//;
const FRAMES_SHOWN = 6;

/** What a coded error has, whichever copy of Millrace made it: the job may bring its own. */
interface CodedError extends Error {
  readonly code: string;
  toJSON?(): unknown;
}

/** An error as the worker sends it and people read it: the text, and the stack of the user's own error underneath. */
export function toMessage(error: unknown, wrongUse: boolean): ErrorMessage {
  if (isCoded(error)) {
    return { code: error.code, text: error.message, details: error.toJSON?.(), stack: stackOf(error.cause), wrongUse };
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `Something was thrown that is no error: ${String(error)}`;
  return { code: undefined, text, details: undefined, stack: error instanceof Error ? error.stack : undefined, wrongUse };
}

/** True for the errors that Millrace makes. */
export function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && error.name === 'MillraceError' && typeof (error as Partial<CodedError>).code === 'string';
}

/** The lines of an error for people. */
export function errorText(error: ErrorMessage): string {
  if (error.stack === undefined) return error.text;
  return `${error.text}\n  underneath:\n${error.stack.split('\n').map((line) => `    ${line.trimEnd()}`).join('\n')}`;
}

/**
 * What is underneath an error: coded errors with their text, down to the first that is none, which is the user's and is shown
 * with the user's frames; all of its frames where there are no others. Frames of the engine help nobody below a code.
 */
function stackOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const lines = (cause.stack ?? `${cause.name}: ${cause.message}`).split('\n');
  const frames = lines.filter((line) => /^\s+at /.test(line));
  const head = lines.filter((line) => !/^\s+at /.test(line));
  const theirs = frames.filter((line) => !INNER_FRAME.test(line));
  const deeper = isCoded(cause) ? stackOf(cause.cause) : undefined;
  const shown = theirs.length > 0 || isCoded(cause) ? theirs : frames;
  return [...head, ...shown.slice(0, FRAMES_SHOWN), ...(deeper === undefined ? [] : ['underneath:', deeper])].join('\n');
}

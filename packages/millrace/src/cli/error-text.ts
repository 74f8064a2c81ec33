import { MillraceError } from '@millrace/core/spi';
import type { ErrorMessage } from './messages.js';

/** An error as the worker sends it and people read it: the text, and below it the user's own error with its place. */
export function toMessage(error: unknown, wrongUseCodes: ReadonlySet<string>): ErrorMessage {
  if (error instanceof MillraceError) {
    const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : undefined;
    return { code: error.code, text: error.message, details: error.toJSON(), stack: cause, wrongUse: wrongUseCodes.has(error.code) };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: undefined, text: error instanceof Error ? `${error.name}: ${error.message}` : String(error), details: undefined, stack, wrongUse: false };
}

/** The lines of an error for people. */
export function errorText(error: ErrorMessage): string {
  if (error.stack === undefined) return error.text;
  const stack = error.stack.split('\n').slice(0, 8).map((line) => `    ${line.trimEnd()}`);
  return `${error.text}\n  underneath:\n${stack.join('\n')}`;
}

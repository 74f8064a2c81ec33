import { ERROR_CATALOGUE, didYouMean, type ErrorKind } from '@millrace/core/spi';
import { EVENT_LOG_ERRORS } from '@millrace/event-log';
import { UnknownErrorCode } from './errors.js';
import * as ownErrors from './errors.js';
import * as logErrors from './log/errors.js';
import type { Terminal } from './terminal.js';

/** Every error of this version, by code: those of the engine, of the event log, and the command's own. */
export function allErrors(): readonly ErrorKind[] {
  return [...ERROR_CATALOGUE, ...EVENT_LOG_ERRORS, ...Object.values(ownErrors), ...Object.values(logErrors)].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Shows what a code means and how to mend it; without a code, lists all. */
export function explainCommand(code: string | undefined, json: boolean, terminal: Terminal): number {
  const errors = allErrors();
  if (code === undefined) {
    terminal.out(json ? `${JSON.stringify(errors.map(plain))}\n` : errors.map((error) => `${error.code}  ${error.title}\n`).join(''));
    return 0;
  }
  const wanted = normalize(code);
  const found = errors.find((error) => error.code === wanted);
  if (found === undefined) throw UnknownErrorCode.error({ what: `there is no error ${code}.${didYouMean(wanted, errors.map((error) => error.code))}` });
  terminal.out(json ? `${JSON.stringify(plain(found))}\n` : `${found.code}  ${found.title}\n\n${found.explanation}\n\nHow to mend it: ${found.remedy}\n`);
  return 0;
}

/** `2101`, `mr2101` and `MR-2101` are the same code. */
function normalize(code: string): string {
  const digits = /^(?:mr[-_ ]?)?(\d+)$/i.exec(code.trim())?.[1];
  return digits === undefined ? code : `MR-${digits.padStart(4, '0')}`;
}

function plain(error: ErrorKind): Record<string, string> {
  return { code: error.code, title: error.title, explanation: error.explanation, remedy: error.remedy };
}

import { ERROR_CATALOGUE, didYouMean, type ErrorKind, type MillraceError } from '@millrace/core/spi';
import { EVENT_LOG_ERRORS } from '@millrace/event-log';
import { UnknownErrorCode } from './errors.js';
import * as ownErrors from './errors.js';
import * as logErrors from './log/errors.js';
import { errorsOfPackages, isInstalled, packageOfCode } from './package-errors.js';
import type { Terminal } from './terminal.js';

/** Every error of this version, by code: those of the engine, of the event log, the command's own, and of the packages installed for programs in `folder`. */
async function allErrors(folder: string): Promise<readonly ErrorKind[]> {
  return [...ERROR_CATALOGUE, ...EVENT_LOG_ERRORS, ...Object.values(ownErrors), ...Object.values(logErrors), ...(await errorsOfPackages(folder))].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Shows what a code means and how to mend it; without a code, lists all. */
export async function explainCommand(code: string | undefined, json: boolean, terminal: Terminal): Promise<number> {
  const errors = await allErrors(process.cwd());
  if (code === undefined) {
    terminal.out(json ? `${JSON.stringify(errors.map(plain))}\n` : errors.map((error) => `${error.code}  ${error.title}\n`).join(''));
    return 0;
  }
  const wanted = normalize(code);
  const found = errors.find((error) => error.code === wanted);
  if (found === undefined) throw unknown(code, wanted, errors);
  terminal.out(json ? `${JSON.stringify(plain(found))}\n` : `${found.code}  ${found.title}\n\n${found.explanation}\n\nHow to mend it: ${found.remedy}\n`);
  return 0;
}

function unknown(code: string, wanted: string, errors: readonly ErrorKind[]): MillraceError {
  if (/\.[cm]?[jt]sx?$/.test(code)) return UnknownErrorCode.error({ what: `${code} is no code of an error`, remedy: `The plan of a job is shown by: millrace graph ${code}` });
  const owner = packageOfCode(wanted);
  if (owner === undefined || isInstalled(owner, process.cwd())) return UnknownErrorCode.error({ what: `there is no error ${code}.${didYouMean(wanted, errors.map((error) => error.code))}` });
  return UnknownErrorCode.error({ what: `${wanted} belongs to ${owner}, which is not installed here`, remedy: `Ask in the folder of the project that uses ${owner}.` });
}

/** `2101`, `mr2101` and `MR-2101` are the same code. */
function normalize(code: string): string {
  const digits = /^(?:mr[-_ ]?)?(\d+)$/i.exec(code.trim())?.[1];
  return digits === undefined ? code : `MR-${digits.padStart(4, '0')}`;
}

function plain(error: ErrorKind): Record<string, string> {
  return { code: error.code, title: error.title, explanation: error.explanation, remedy: error.remedy };
}

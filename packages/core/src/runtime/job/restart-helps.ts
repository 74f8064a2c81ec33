import { MillraceError } from '../../base/errors.js';

/**
 * Failures that the same program on the same checkpoint meets again: a wrong graph or setting, a checkpoint that does not
 * fit the job or cannot be read, state that cannot be encoded (rule 43), a directory that belongs to another run. Kept as
 * codes, since some are declared in folders that the runtime does not see.
 */
const LASTING: ReadonlySet<string> = new Set([
  // Options, settings, graphs and job modules.
  'MR-1004', 'MR-1005', 'MR-1006', 'MR-1007', 'MR-1008', 'MR-1112', 'MR-1201', 'MR-1202', 'MR-1220', 'MR-1221', 'MR-1310', 'MR-1311', 'MR-1507',
  'MR-2002', 'MR-2005', 'MR-2006', 'MR-2008', 'MR-2040', 'MR-2041', 'MR-2042', 'MR-2043', 'MR-2060', 'MR-2106', 'MR-2308', 'MR-2310', 'MR-2503', 'MR-2505',
  // State that does not fit the job or cannot be kept.
  'MR-1301', 'MR-1302', 'MR-1303', 'MR-1304', 'MR-1305', 'MR-1306', 'MR-1307', 'MR-1308', 'MR-1314', 'MR-2044', 'MR-2203', 'MR-2303', 'MR-2304',
  // A restart that was tried often enough.
  'MR-2311',
]);

/** Everything wrong with a graph (14xx) or a checkpoint directory (24xx), and all mistakes in calls of the API (26xx). */
const LASTING_RANGES: readonly string[] = ['MR-14', 'MR-24', 'MR-26'];

/** Causes are followed no further. */
const MAX_CAUSES = 8;

/** False for a failure that a restart only repeats. */
export function restartHelps(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth++) {
    if (current instanceof MillraceError && lasts(current.code)) return false;
    current = current.cause;
  }
  return true;
}

/** True for what says that another run owns the checkpoints now: this one is a leftover and must end. */
export function isFencedOff(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MR-2405';
}

function lasts(code: string): boolean {
  return LASTING.has(code) || LASTING_RANGES.some((range) => code.startsWith(range));
}

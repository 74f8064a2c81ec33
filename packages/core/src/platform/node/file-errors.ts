import type { ErrorKind, MillraceError } from '../../base/errors.js';
import {
  DiskFull, FileAccessDenied, FileExists, FileInputOutputFailed, FileNotFound, FileSystemReadOnly, FileTooLarge, PathUnusable, TooManyOpenFiles, WrongFileKind,
} from '../../base/platform-errors.js';

const KINDS: Readonly<Record<string, ErrorKind>> = {
  ENOENT: FileNotFound,
  EACCES: FileAccessDenied,
  EPERM: FileAccessDenied,
  ENOSPC: DiskFull,
  EDQUOT: DiskFull,
  EROFS: FileSystemReadOnly,
  EEXIST: FileExists,
  EISDIR: WrongFileKind,
  ENOTDIR: WrongFileKind,
  ENOTEMPTY: WrongFileKind,
  EMFILE: TooManyOpenFiles,
  ENFILE: TooManyOpenFiles,
  ENAMETOOLONG: PathUnusable,
  ELOOP: PathUnusable,
  EXDEV: PathUnusable,
  ERR_INVALID_ARG_VALUE: PathUnusable,
  ERR_FS_FILE_TOO_LARGE: FileTooLarge,
  EFBIG: FileTooLarge,
};

/** The coded error for what the system said about a path; `doing` is the operation, e.g. `opening`. */
export function fileError(error: unknown, doing: string, path: string): MillraceError {
  const code = systemCode(error);
  const kind = KINDS[code] ?? FileInputOutputFailed;
  const shown = path.replaceAll('\0', '\\0');
  return kind.error({ what: `${doing} "${shown}" failed (${code})`, where: { file: shown }, cause: error });
}

/** The system's own code of an error, e.g. `ENOENT`. */
export function systemCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}

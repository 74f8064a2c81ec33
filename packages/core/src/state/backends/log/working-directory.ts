import { joinPath } from '../../../base/paths.js';
import type { Files } from '../../../base/platform-files.js';

/** Nobody but the owner may look into state. */
const OWNER_ONLY = 0o700;
/** Characters of an operator's uid that its directory's name shows. */
const SHOWN_LENGTH = 40;

/** Makes an empty directory for one backend under `parent`; `nonce` sets it apart from those of other attempts. */
export function makeWorkingDirectory(files: Files, parent: string, operator: { readonly uid: string; readonly subtask: number }, nonce: string): string {
  const shown = operator.uid.replaceAll(/[^A-Za-z0-9-]/g, '_').slice(0, SHOWN_LENGTH);
  const path = joinPath(parent, `${shown}-${operator.subtask}-${nonce}`);
  files.makeDirectory(parent, { permissions: OWNER_ONLY });
  files.removeTree(path);
  files.makeDirectory(path, { permissions: OWNER_ONLY });
  return path;
}

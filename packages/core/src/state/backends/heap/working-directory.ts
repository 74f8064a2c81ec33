import { joinPath } from '../../../base/paths.js';
import type { Files } from '../../../base/platform-files.js';

/** Nobody but the owner may look into state. */
const OWNER_ONLY = 0o700;
/** Characters of an operator's uid that its directory's name shows. */
const SHOWN_LENGTH = 40;

/** What a working directory is made from. */
export interface WorkingDirectoryOptions {
  readonly files: Files;
  /** Where it is made; among the temporary files when not given. */
  readonly parent: string | undefined;
  readonly operatorUid: string;
  readonly subtask: number;
  /** Sets it apart from those of other attempts; asked when it is made. */
  readonly nonce: () => number;
}

/** The directory of one backend: made when the first file is written, since most states never outgrow their tail in memory. */
export class WorkingDirectory {
  readonly files: Files;
  readonly #options: WorkingDirectoryOptions;
  #path: string | undefined;

  constructor(options: WorkingDirectoryOptions) {
    this.files = options.files;
    this.#options = options;
    this.#path = undefined;
  }

  /** Its path; makes it when there is none. */
  get path(): string {
    return (this.#path ??= this.#make());
  }

  /** Removes it with all files. */
  remove(): void {
    if (this.#path !== undefined) this.files.removeTree(this.#path);
    this.#path = undefined;
  }

  #make(): string {
    const { files, parent, operatorUid, subtask, nonce } = this.#options;
    const name = `${operatorUid.replaceAll(/[^A-Za-z0-9-]/g, '_').slice(0, SHOWN_LENGTH)}-${subtask}`;
    if (parent === undefined) return files.makeTemporaryDirectory(`millrace-state-${name}-`);
    const path = joinPath(parent, `${name}-${nonce().toString(36)}`);
    files.makeDirectory(parent, { permissions: OWNER_ONLY });
    files.removeTree(path);
    files.makeDirectory(path, { permissions: OWNER_ONLY });
    return path;
  }
}

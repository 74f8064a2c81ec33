import { MillraceError } from '../../base/errors.js';
import { directoryOf, joinPath } from '../../base/paths.js';
import type { CommitContext, Committer, WriterContext } from '../../connector/sink.js';
import { OutputLost, OutputTaken, OutputUnwritable } from '../errors.js';
import { makeDurableFolder } from '../../base/durable-folder.js';

/**
 * What a file sink hands out: a hidden file to be given its name, or one that is not needed any more once the checkpoint
 * is complete. Paths are relative to the output directory.
 */
export type FileCommittable =
  | { readonly kind: 'publish'; readonly hidden: string; readonly final: string }
  | { readonly kind: 'remove'; readonly hidden: string };

/**
 * Gives hidden files their names. The content is durable already; the renamed name is when `commit` resolves. A file that
 * has its name already was committed before, so that a commit can be repeated.
 */
export class FileCommitter implements Committer<FileCommittable> {
  readonly #root: string;
  readonly #context: WriterContext;

  constructor(root: string, context: WriterContext) {
    this.#root = root;
    this.#context = context;
  }

  commit(committables: readonly FileCommittable[], context: CommitContext): Promise<void> {
    try {
      const { files } = this.#context.platform;
      const changed = new Set<string>([this.#root]);
      for (const committable of committables) {
        const hidden = joinPath(this.#root, committable.hidden);
        if (committable.kind === 'publish') this.#publish(hidden, joinPath(this.#root, committable.final), context, changed);
        else if (files.exists(hidden)) files.unlink(hidden);
      }
      for (const directory of changed) files.syncDirectory(directory);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(this.#unwritable(error));
    }
  }

  #publish(hidden: string, final: string, context: CommitContext, changed: Set<string>): void {
    const { files } = this.#context.platform;
    const isThere = files.exists(final);
    if (files.exists(hidden)) {
      if (isThere) throw OutputTaken.error({ what: `"${final}" was to be committed, and another file is there`, where: { file: final } });
      makeDurableFolder(files, directoryOf(final));
      files.rename(hidden, final);
      changed.add(directoryOf(final));
    } else if (!isThere) {
      this.#missing(hidden, final, context);
    }
  }

  /** After a restart the file may have been committed before, and taken away by whoever reads the output. */
  #missing(hidden: string, final: string, context: CommitContext): void {
    if (!context.recovered) throw OutputLost.error({ what: `neither "${hidden}" nor "${final}" is there`, where: { file: final } });
    this.#context.logger.warn('a file of the restored checkpoint is gone: it was committed before and taken away since, or somebody removed it', { file: final });
  }

  #unwritable(error: unknown): unknown {
    if (!(error instanceof MillraceError) || !error.code.startsWith('MR-28')) return error;
    return OutputUnwritable.error({ what: `committing in "${this.#root}" failed: ${error.what}`, remedy: error.remedy, where: { file: error.where.file ?? this.#root }, cause: error });
  }
}

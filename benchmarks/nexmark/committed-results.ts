import type { Sink } from 'millrace/spi';
import { ResultDigest, type ResultPart } from './digest.js';
import type { Query } from './queries/query.js';

interface NumberedPart extends ResultPart {
  readonly id: string;
}

/** The results that checkpoints have committed, each exactly once, over several runs of a job. */
export class CommittedResults {
  readonly digest: ResultDigest;
  readonly #results: Query['results'];
  readonly #committed: Set<string>;
  readonly #onCommit: (checkpoints: number) => void;
  #checkpoints: number;

  /** `onCommit` is told how many commits there were. */
  constructor(results: Query['results'], onCommit: (commits: number) => void = () => {}) {
    this.digest = new ResultDigest(results);
    this.#results = results;
    this.#committed = new Set();
    this.#onCommit = onCommit;
    this.#checkpoints = 0;
  }

  /** The sink for one output of the job, with two phases. */
  sink(name: string): Sink<object, NumberedPart, never> {
    return {
      kind: 'results',
      guarantee: 'exactly-once',
      createWriter: ({ subtask, epoch }) => {
        const part = new ResultDigest(this.#results);
        return {
          write: part.take,
          prepareCommit: (checkpointId) => [{ id: `${name} ${epoch} ${subtask} ${checkpointId}`, ...part.takePart() }],
          close() {},
        };
      },
      createCommitter: () => ({
        commit: (parts) => {
          for (const part of parts) this.#commit(part);
          this.#onCommit(++this.#checkpoints);
          return Promise.resolve();
        },
      }),
    };
  }

  #commit(part: NumberedPart): void {
    if (this.#committed.has(part.id)) return;
    this.#committed.add(part.id);
    this.digest.merge(part);
  }
}

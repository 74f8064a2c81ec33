import type { Platform } from '../../base/platform.js';
import type { Sink, WriterContext } from '../../connector/sink.js';
import type { VirtualTime } from '../simulation/virtual-time.js';
import { WarehouseRefuses } from '../simulation/errors.js';
import type { SeededRandom } from '../simulation/seeded-random.js';

/** What a commit brings. */
interface Batch {
  readonly id: string;
  readonly checkpointId: number;
  readonly rows: readonly unknown[];
}

/** A batch that was committed. */
export interface CommittedBatch extends Batch {
  readonly sink: number;
  readonly epoch: number;
}

/** How a warehouse behaves. */
export interface WarehouseManner {
  /** Each commit takes up to so long, virtual time. */
  readonly latencyMs: number;
  /** How often a commit is refused before anything is done, 0 … 1. */
  readonly refusals: number;
  /** How often a commit is done and the connection drops before the reply, 0 … 1. */
  readonly lostReplies: number;
  /** How often a commit times out, and is done all the same some time later, 0 … 1. */
  readonly late: number;
  /** Records that a writer takes per second; undefined: as many as come. */
  readonly recordsPerSecond: number | undefined;
}

/** A commit that is done so late is done after its client has given up and tried again. */
const LATE_MS = 700;
const MOST_FAILURES_IN_A_ROW = 2;

/**
 * A store outside the machine with two-phase commits: what was committed stays, whatever happens to the machine. It
 * commits each batch once, whoever repeats it, and refuses commits of a run that a newer one has replaced.
 */
export class Warehouse {
  readonly committed: CommittedBatch[];
  /** What it found out about its clients that they should never have done. */
  readonly offences: string[];
  /** Commits of replaced runs that it refused. */
  fenced: number;
  readonly #manner: WarehouseManner;
  readonly #random: SeededRandom;
  readonly #time: VirtualTime;
  readonly #isUnfenced: boolean;
  readonly #known: Map<string, CommittedBatch>;
  #newestEpoch: number;
  /** By sink: failed commits since the last that went through as a whole. */
  readonly #failures: Map<number, number>;

  constructor(manner: WarehouseManner, random: SeededRandom, time: VirtualTime, isUnfenced = false) {
    this.committed = [];
    this.offences = [];
    this.fenced = 0;
    this.#manner = manner;
    this.#random = random;
    this.#time = time;
    this.#isUnfenced = isUnfenced;
    this.#known = new Map();
    this.#newestEpoch = 0;
    this.#failures = new Map();
  }

  /** The rows of one sink, in the order of their commits. */
  rows(sink: number): unknown[] {
    return this.committed.filter((batch) => batch.sink === sink).flatMap(({ rows }) => rows);
  }

  /** Puts there what another warehouse has, as if it had been committed. */
  fill(batches: readonly CommittedBatch[]): void {
    for (const batch of batches) this.#put(batch);
  }

  /** A sink that writes here; `written` is told of each record. `isAlive` says whether a client's process still runs. */
  sink(number: number, isAlive: (platform: Platform) => boolean, written: () => void): Sink<unknown> {
    return {
      kind: 'warehouse',
      guarantee: 'exactly-once',
      createWriter: (context: WriterContext) => {
        this.#newestEpoch = Math.max(this.#newestEpoch, context.epoch);
        return this.#writer(number, context, written);
      },
      createCommitter: (context: WriterContext) => ({
        commit: async (committables, { epoch }): Promise<void> => {
          for (const batch of committables as Batch[]) await this.#commit({ ...batch, sink: number, epoch }, context.platform, isAlive);
          this.#failures.set(number, 0);
        },
      }),
    };
  }

  #writer(number: number, context: WriterContext, written: () => void): ReturnType<Sink<unknown>['createWriter']> {
    let rows: unknown[] = [];
    let written_ = 0;
    const { recordsPerSecond } = this.#manner;
    return {
      write: (value) => {
        rows.push(value);
        written_++;
        written();
      },
      ...(recordsPerSecond === undefined
        ? {}
        : {
            isFull: () => written_ >= 1,
            drained: () => new Promise<void>((resolve) => {
              context.platform.timers.setTimer((written_ * 1000) / recordsPerSecond, () => {
                written_ = 0;
                resolve();
              });
            }),
          }),
      prepareCommit: (checkpointId) => {
        if (rows.length === 0) return [];
        const batch: Batch = { id: `${number}-${context.epoch}-${checkpointId}-${context.subtask}`, checkpointId, rows };
        rows = [];
        return [batch];
      },
      close(): void {},
    };
  }

  async #commit(batch: CommittedBatch, platform: Platform, isAlive: (platform: Platform) => boolean): Promise<void> {
    const { latencyMs, refusals, lostReplies, late } = this.#manner;
    if (latencyMs > 0) await after(platform, this.#random.below(latencyMs * 10 + 1) / 10);
    // A dead process sends nothing, and nobody answers it.
    if (!isAlive(platform)) return new Promise(() => {});
    if (batch.epoch < this.#newestEpoch && !this.#isUnfenced) {
      this.fenced++;
      throw WarehouseRefuses.error({ what: `run ${batch.epoch} was replaced by run ${this.#newestEpoch}` });
    }
    // Faults come now and then, and not so many in a row that an honest client has to give up.
    const failures = this.#failures.get(batch.sink) ?? 0;
    const mayFail = failures < MOST_FAILURES_IN_A_ROW;
    const fail = (why: string): never => {
      this.#failures.set(batch.sink, failures + 1);
      throw WarehouseRefuses.error({ what: why });
    };
    if (mayFail && this.#random.chance(refusals)) fail('the warehouse is busy');
    if (mayFail && this.#random.chance(late)) {
      // It is on its way, whatever happens to the machine meanwhile.
      this.#time.at(this.#time.elapsedMs + LATE_MS, { killed: false }, () => this.#put(batch), false);
      fail('the commit timed out');
    }
    this.#put(batch);
    if (mayFail && this.#random.chance(lostReplies)) fail('the connection dropped before the reply');
  }

  #put(batch: CommittedBatch): void {
    const known = this.#known.get(batch.id);
    if (known === undefined) {
      this.#known.set(batch.id, batch);
      this.committed.push(batch);
    } else if (JSON.stringify(known.rows) !== JSON.stringify(batch.rows)) {
      this.offences.push(`batch ${batch.id} was committed twice with different rows`);
    }
  }
}

function after(platform: Platform, delayMs: number): Promise<void> {
  return new Promise((resolve) => platform.timers.setTimer(delayMs, resolve));
}

import { EnumeratorStateUnknown } from './errors.js';
import type { PositionSplit } from './position-reader.js';
import type { EnumeratorContext, SplitEnumerator } from './source.js';

/** A range of positions that is dealt out in blocks. */
export interface BlockRange {
  /** What the ids of the blocks begin with. */
  readonly name: string;
  readonly from: number;
  /** Behind the last position. */
  readonly end: number;
  /** Positions of a block. Of readers that have a rate (`Pacer`) no more than they read in some 20 ms: each has its share of the rate only while it has a block. */
  readonly blockSize: number;
  /** How many blocks a new one may lie ahead of the earliest that another reader still has; 16 unless given, or 4 for each reader if that is more. */
  readonly lead?: number;
}

const LEAST_LEAD = 16;
const LEAD_PER_READER = 4;

/** What a checkpoint keeps. */
interface BlocksState {
  readonly next: number;
  readonly returned: readonly PositionSplit[];
}

/**
 * Deals a bounded range of positions out in small blocks, in order, each to whoever asks first: a reader that has time
 * reads more of them. For readers that hold their blocks in a {@link BlockQueue}, which asks for the next when it begins with the
 * last, so that nobody waits for an answer.
 *
 * What is out lies close together: no block is given that lies more than `lead` blocks ahead of one that another reader still has.
 * Whoever asks for it then waits until that reader has come further. So event times of the readers stay together, too,
 * where they grow with the position, and blocks come to each reader in order, so none of them makes an event late.
 */
export class PositionBlocks implements SplitEnumerator<PositionSplit> {
  readonly #context: EnumeratorContext<PositionSplit>;
  readonly #range: BlockRange;
  readonly #lead: number;
  /** By reader: the blocks it was given and has not said to be finished, in the order in which it reads them. */
  readonly #held: PositionSplit[][];
  readonly #waiting: Set<number>;
  readonly #returned: PositionSplit[];
  #next: number;

  /**
   * `restored` is what `snapshot` gave; the range must be the same, its blocks may be of another size. Throws MR-1508 when it is of another enumerator:
   * the range would begin anew.
   */
  constructor(context: EnumeratorContext<PositionSplit>, restored: unknown, range: BlockRange) {
    const state = checkedState(restored, range.name);
    this.#context = context;
    this.#range = range;
    this.#lead = (range.lead ?? Math.max(LEAST_LEAD, LEAD_PER_READER * context.parallelism)) * range.blockSize;
    this.#held = Array.from({ length: context.parallelism }, () => []);
    this.#waiting = new Set();
    this.#returned = [...(state?.returned ?? [])];
    this.#next = state?.next ?? range.from;
  }

  start(): void {}

  splitRequested(subtask: number, finished: readonly string[]): void {
    const held = this.#held[subtask]!;
    // Blocks are read in order, so those before a finished one are finished, too.
    held.splice(0, held.findLastIndex(({ id }) => finished.includes(id)) + 1);
    this.#waiting.add(subtask);
    this.#serve();
  }

  splitsReturned(splits: readonly PositionSplit[]): void {
    this.#returned.push(...splits);
    this.#returned.sort((left, right) => left.position - right.position);
    this.#serve();
  }

  snapshot(): BlocksState {
    return { next: this.#next, returned: [...this.#returned] };
  }

  close(): void {}

  /** Serves those who wait, the first to ask first, as far as the others have come. */
  #serve(): void {
    for (const subtask of this.#waiting) {
      const position = this.#returned[0]?.position ?? this.#next;
      if (position >= this.#range.end) {
        this.#waiting.delete(subtask);
        this.#context.noMoreSplits(subtask);
      } else if (position - this.#earliestOfOthers(subtask) <= this.#lead) {
        this.#waiting.delete(subtask);
        this.#give(subtask, this.#returned.shift() ?? this.#nextBlock());
      }
    }
  }

  #give(subtask: number, block: PositionSplit): void {
    this.#held[subtask]!.push(block);
    this.#context.assign(subtask, [block]);
  }

  #nextBlock(): PositionSplit {
    const { name, end, blockSize } = this.#range;
    const position = this.#next;
    this.#next = Math.min(end, position + blockSize);
    return { id: `${name}-${position}`, position, end: this.#next, step: 1 };
  }

  #earliestOfOthers(subtask: number): number {
    let earliest = Infinity;
    for (const [reader, [first]] of this.#held.entries()) if (reader !== subtask && first !== undefined) earliest = Math.min(earliest, first.position);
    return earliest;
  }
}

function checkedState(restored: unknown, name: string): BlocksState | undefined {
  if (restored === undefined) return undefined;
  const { next, returned } = Object(restored) as Partial<BlocksState>;
  if (typeof next === 'number' && Array.isArray(returned)) return { next, returned };
  throw EnumeratorStateUnknown.error({ what: `the checkpoint holds no blocks of "${name}"` });
}

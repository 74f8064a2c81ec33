import type { PositionSplit } from './position-reader.js';

/**
 * The blocks that a reader holds ({@link PositionBlocks}), read one after the other in the order of their positions. It asks for
 * the next block when it begins with the last, and again when none is left.
 *
 * Only the block under way counts for the watermark: those behind it are later.
 */
export class BlockQueue {
  /** The block under way and no other, as `activeSplits` gives it. */
  active: readonly string[];
  /** No more blocks will come. */
  noMore: boolean;
  readonly #request: (finished: readonly string[]) => void;
  readonly #blocks: PositionSplit[];
  /** A request is without an answer. A reader that starts is given a block unasked, or told that there is none. */
  #asked: boolean;
  /** The first block has been read from, or is about to be. */
  #isBegun: boolean;
  /** Finished blocks that the enumerator has not been told of. */
  #finished: string[];

  /** `request` is the `requestSplit` of the reader's context. */
  constructor(request: (finished: readonly string[]) => void) {
    this.active = [];
    this.noMore = false;
    this.#request = request;
    this.#blocks = [];
    this.#asked = true;
    this.#isBegun = false;
    this.#finished = [];
  }

  add(blocks: readonly PositionSplit[]): void {
    // What has begun is read to its end.
    const underWay = this.#isBegun ? this.#blocks.splice(0, 1) : [];
    this.#blocks.push(...blocks);
    this.#blocks.sort((left, right) => left.position - right.position);
    this.#blocks.unshift(...underWay);
    this.#asked = false;
    this.#changed();
  }

  /** The block to read from, if there is one. */
  current(): PositionSplit | undefined {
    const isEmpty = this.#blocks.length === 0;
    // Asked for already, one that others wait for the end of must be told all the same.
    if (!this.noMore && (this.#asked ? isEmpty && this.#finished.length > 0 : this.#blocks.length <= 1)) this.#ask();
    const [first] = this.#blocks;
    this.#isBegun = first !== undefined;
    return first;
  }

  /** The current block has been handed out up to this position; at its end it is given up. */
  advance(position: number): void {
    const first = this.#blocks[0]!;
    if (position < first.end) {
      this.#blocks[0] = { ...first, position };
      return;
    }
    this.#blocks.shift();
    this.#finished.push(first.id);
    this.#isBegun = false;
    this.#changed();
  }

  snapshot(): readonly PositionSplit[] {
    return [...this.#blocks];
  }

  #ask(): void {
    const finished = this.#finished;
    this.#asked = true;
    this.#finished = [];
    this.#request(finished);
  }

  #changed(): void {
    const [first] = this.#blocks;
    this.active = first === undefined ? [] : [first.id];
  }
}

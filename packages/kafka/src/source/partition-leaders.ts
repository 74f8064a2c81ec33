import type { MillraceError } from '@millrace/core/spi';
import { BrokersUnreachable, TopicMissing } from '../errors.js';

interface Trouble {
  /** On the monotonic clock, in milliseconds. */
  readonly since: number;
  reason: string;
  topicMissing: boolean;
}

/** Which broker leads each partition of a reader, and which partitions cannot be read, each since its own first failure. */
export class PartitionLeaders {
  readonly #nodes: Map<string, number>;
  readonly #troubles: Map<string, Trouble>;

  constructor() {
    this.#nodes = new Map();
    this.#troubles = new Map();
  }

  /** The node to ask for a split; undefined where it is to be looked up. */
  nodeOf(split: string): number | undefined {
    return this.#nodes.get(split);
  }

  /** The partition has this leader. What failed before stays noted until it has been read. */
  found(split: string, node: number): void {
    this.#nodes.set(split, node);
  }

  /** The partition could not be read at `now` (monotonic milliseconds); its leader is to be looked up again. */
  failed(split: string, reason: string, now: number, topicMissing: boolean = false): void {
    this.#nodes.delete(split);
    const trouble = this.#troubles.get(split);
    if (trouble === undefined) this.#troubles.set(split, { since: now, reason, topicMissing });
    else Object.assign(trouble, { reason, topicMissing });
  }

  /** The partition was read. */
  succeeded(split: string): void {
    this.#troubles.delete(split);
  }

  /** The partition is no longer this reader's. */
  forget(split: string): void {
    this.#nodes.delete(split);
    this.#troubles.delete(split);
  }

  /** Whether every partition could be read when it was last tried. */
  get well(): boolean {
    return this.#troubles.size === 0;
  }

  /** The error of the first partition that has failed for longer than `limitMs`. */
  overdue(now: number, limitMs: number): MillraceError | undefined {
    for (const [split, { since, reason, topicMissing }] of this.#troubles) {
      if (now - since <= limitMs) continue;
      const what = `reading ${split} has failed for ${Math.round((now - since) / 1000)} s: ${reason}`;
      return topicMissing ? TopicMissing.error({ what }) : BrokersUnreachable.error({ what });
    }
    return undefined;
  }
}

import { blobLength } from '../../blob-bytes.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';

/** All deltas together may always have so many bytes, however small the bases are. */
const SMALL_CHAIN_BYTES = 64 * 1024;

/**
 * Parts that a key group has at most, give or take a half: a manifest names every one of them, and each keeps the file of
 * its checkpoint alive.
 */
export const LONGEST_CHAIN = 64;

/** Where a base of one key group takes a look at all of them, several get theirs together: so much of the deltas goes at once. */
const SEVERAL_SHARE = 0.5;
/** As above, of those with long chains. */
const SEVERAL_CHAINS = 16;

/** What the chain of one key group consists of. */
interface GroupChain {
  readonly baseBytes: number;
  readonly deltaBytes: number;
  readonly parts: number;
}

/**
 * The parts that a restore from one checkpoint needs, by key group, and which of the key groups are due to begin anew with
 * a base. Bases are written for a few key groups at a time, those with the most delta to their base first, so that no
 * checkpoint writes everything.
 */
export class ChainSizes {
  readonly #groups: ReadonlyMap<number, GroupChain>;
  readonly #smallBytes: number;
  #baseBytes: number;
  #deltaBytes: number;

  private constructor(groups: ReadonlyMap<number, GroupChain>, smallBytes: number) {
    this.#groups = groups;
    this.#smallBytes = smallBytes;
    this.#baseBytes = 0;
    this.#deltaBytes = 0;
    for (const { baseBytes, deltaBytes } of groups.values()) {
      this.#baseBytes += baseBytes;
      this.#deltaBytes += deltaBytes;
    }
  }

  /** No chain: the next snapshot consists of bases. All deltas together may always have `smallBytes`. */
  static none(smallBytes: number = SMALL_CHAIN_BYTES): ChainSizes {
    return new ChainSizes(new Map(), smallBytes);
  }

  /** Key groups that have a part. */
  keyGroups(): Set<number> {
    return new Set(this.#groups.keys());
  }

  /** The chain once a snapshot that builds on it is complete. */
  after(snapshot: OperatorSnapshot): ChainSizes {
    const groups = new Map(snapshot.basedOn === undefined ? [] : this.#groups);
    for (const blob of snapshot.keyGroups) {
      const bytes = blobLength(blob);
      const known = groups.get(blob.keyGroup);
      const extended = blob.kind === 'delta' && known !== undefined;
      groups.set(blob.keyGroup, extended ? { baseBytes: known.baseBytes, deltaBytes: known.deltaBytes + bytes, parts: known.parts + 1 } : { baseBytes: bytes, deltaBytes: 0, parts: 1 });
    }
    return new ChainSizes(groups, this.#smallBytes);
  }

  /**
   * The key groups whose turn it is to get a base: so many that the deltas of the others do not outgrow the bases, and of
   * those with long chains a share, so that all have had their turn before one gets too long. With `several`, more of them
   * get it together, and then none for some checkpoints.
   */
  due(several: boolean): Set<number> {
    const due = new Set<number>();
    const bound = Math.max(this.#baseBytes, this.#smallBytes);
    let excess = this.#deltaBytes - bound;
    if (several && excess > 0) excess += bound * SEVERAL_SHARE;
    if (excess > 0) {
      const mostDelta = [...this.#groups].sort(([, left], [, right]) => right.deltaBytes * left.baseBytes - left.deltaBytes * right.baseBytes);
      for (const [keyGroup, { deltaBytes }] of mostDelta) {
        if (excess <= 0) break;
        due.add(keyGroup);
        excess -= deltaBytes;
      }
    }
    const long = [...this.#groups].filter(([keyGroup, { parts }]) => parts >= LONGEST_CHAIN / 2 && !due.has(keyGroup));
    const share = Math.ceil((this.#groups.size / LONGEST_CHAIN) * (several ? SEVERAL_CHAINS : 1));
    for (const [keyGroup] of long.sort(([, left], [, right]) => right.parts - left.parts).slice(0, share)) due.add(keyGroup);
    return due;
  }
}

import { BinaryHeap } from '../../base/binary-heap.js';
import type { Flow } from '../operator-context.js';
import type { StoredSession } from './stored-windows.js';

/** An open session that ends soon. */
export interface DueSession {
  /** Its end when it was put here; it may have grown since. */
  readonly end: number;
  readonly session: StoredSession;
  readonly key: unknown;
}

/** Sessions that end within the same piece of time, or did so when they were put here. */
interface Bucket {
  readonly sessions: StoredSession[];
  readonly keys: unknown[];
}

/** A gap has so many buckets, none of which is longer than {@link LONGEST_BUCKET_MS}. */
const BUCKETS_PER_GAP = 16;
const LONGEST_BUCKET_MS = 1_000;
/** Sessions of a bucket looked at between two looks at whether there is time. */
const SESSIONS_PER_LOOK = 64;

/**
 * The open sessions by their ends, each here once; one that grows is not moved. Nearly all of them have grown by the time they would have
 * ended, so they are not kept in order: they lie in buckets of time, and a bucket that is due is looked through. What has grown goes to a later
 * bucket; only what still ends within this one is put in order, in a small heap.
 *
 * A session that was joined with an earlier one has no end any more (NaN) and is left out.
 */
export class DueSessions {
  readonly #widthMs: number;
  readonly #buckets: Map<number, Bucket>;
  /** The numbers of the buckets. */
  readonly #order: BinaryHeap<number>;
  /** Sessions of buckets up to `#openedTo`. */
  readonly #near: BinaryHeap<DueSession>;
  #openedTo: number;
  /** The bucket being looked through, and the place in it. */
  #opening: Bucket | undefined;
  #at: number;
  #waiting: number;

  /** For sessions that end so long after their last element as `gapMs` says; 0 when each element says it. */
  constructor(gapMs: number) {
    this.#widthMs = gapMs === 0 ? LONGEST_BUCKET_MS / BUCKETS_PER_GAP : Math.min(LONGEST_BUCKET_MS, Math.max(1, gapMs / BUCKETS_PER_GAP));
    this.#buckets = new Map();
    this.#order = new BinaryHeap(byNumber);
    this.#near = new BinaryHeap(byEnd);
    this.#openedTo = -Infinity;
    this.#opening = undefined;
    this.#at = 0;
    this.#waiting = 0;
  }

  /** How many sessions it holds. */
  get size(): number {
    return this.#waiting + this.#near.size;
  }

  /** No session ends earlier; Infinity when there is none. */
  get earliestEnd(): number {
    if (this.#opening !== undefined) return this.#openedTo * this.#widthMs;
    const bucket = this.#order.peek();
    return Math.min(this.#near.peek()?.end ?? Infinity, bucket === undefined ? Infinity : bucket * this.#widthMs);
  }

  /** Adds a session that is not here. */
  add(session: StoredSession, key: unknown): void {
    const number = Math.floor(session.end / this.#widthMs);
    if (number <= this.#openedTo) {
      this.#near.push({ end: session.end, session, key });
      return;
    }
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = { sessions: [], keys: [] };
      this.#buckets.set(number, bucket);
      this.#order.push(number);
    }
    bucket.sessions.push(session);
    bucket.keys.push(key);
    this.#waiting++;
  }

  /** Takes out the session that ends first, if its last timestamp is not after `limit`; 'more' when there is no time to find it. */
  take(limit: number, flow: Flow): DueSession | 'more' | undefined {
    for (;;) {
      if (!this.#open(limit, flow)) return 'more';
      const due = this.#near.peek();
      if (due === undefined || due.end - 1 > limit) return undefined;
      this.#near.pop();
      if (due.session.end === due.end) return due;
      if (due.session.end > due.end) this.add(due.session, due.key);
    }
  }

  /** Looks through the buckets that begin up to `limit`; false when there is no time to finish. */
  #open(limit: number, flow: Flow): boolean {
    for (;;) {
      if (this.#opening === undefined) {
        const number = this.#order.peek();
        if (number === undefined || number * this.#widthMs - 1 > limit) return true;
        // What is nearer comes first: a bucket further on would only make the heap larger.
        const nearest = this.#near.peek();
        if (nearest !== undefined && nearest.end - 1 <= limit) return true;
        this.#order.pop();
        this.#openedTo = number;
        this.#opening = this.#buckets.get(number);
        this.#buckets.delete(number);
        this.#at = 0;
      }
      const { sessions, keys } = this.#opening!;
      while (this.#at < sessions.length) {
        const at = this.#at++;
        const session = sessions[at]!;
        this.#waiting--;
        if (session.end === session.end) this.add(session, keys[at]);
        if (this.#at % SESSIONS_PER_LOOK === 0 && !flow.mayEmit()) return false;
      }
      this.#opening = undefined;
    }
  }
}

function byNumber(left: number, right: number): number {
  return left - right;
}

function byEnd(left: DueSession, right: DueSession): number {
  return left.end - right.end;
}

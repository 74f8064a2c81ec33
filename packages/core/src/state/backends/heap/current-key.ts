import { assert } from '../../../base/assert.js';
import { keyGroupOf } from '../../../record/key-hash.js';
import { freezeKey, type MapKey, mapKey } from '../../../record/map-key.js';
import type { KeyGroupRange, Namespace } from '../../backend.js';
import { NoCurrentKey } from '../../errors.js';
import { flatString } from './flat-string.js';
import { VOID } from './slot-table.js';

/** The key and namespace that all handles of a backend follow. Its key group is computed when somebody asks. */
export class CurrentKey {
  mapped: MapKey;
  namespace: Namespace;
  /** Raised whenever what a handle has looked up may be wrong; 0 means that there is no key. */
  version: number;
  #key: unknown;
  /** Whether the key is frozen: that of an object waits until somebody is given it. */
  #isOwned: boolean;
  #changes: number;
  #keyGroup: number;
  readonly #range: KeyGroupRange;
  readonly #maxParallelism: number;

  constructor(range: KeyGroupRange, maxParallelism: number) {
    this.#key = undefined;
    this.#isOwned = true;
    this.mapped = 0;
    this.namespace = VOID;
    this.version = 0;
    this.#changes = 0;
    this.#keyGroup = -1;
    this.#range = range;
    this.#maxParallelism = maxParallelism;
  }

  set(key: unknown): void {
    const isObject = typeof key === 'object';
    const given = isObject ? key : typeof key === 'string' ? flatString(key) : freezeKey(key);
    this.mapped = mapKey(given);
    this.#key = given;
    this.#isOwned = !isObject;
    this.#keyGroup = -1;
    this.version = ++this.#changes;
  }

  /** Whether this is the key already, as far as one comparison tells: false for a composite that is equal. */
  is(key: unknown): boolean {
    return key === this.#key && this.version !== 0 && typeof key !== 'object';
  }

  /** The key as users see it and state keeps it. */
  get key(): unknown {
    if (!this.#isOwned) {
      this.#isOwned = true;
      freezeKey(this.#key);
    }
    return this.#key;
  }

  setNamespace(namespace: Namespace | null): void {
    const next = namespace ?? VOID;
    if (next.start === this.namespace.start && next.end === this.namespace.end) return;
    this.namespace = next;
    if (this.version !== 0) this.version = ++this.#changes;
  }

  /** Makes all handles look again. */
  invalidate(): void {
    if (this.version !== 0) this.version = ++this.#changes;
  }

  clear(): void {
    this.#key = undefined;
    this.#isOwned = true;
    this.version = 0;
  }

  /** Throws when there is no key; `asker` names the state or timers. */
  require(asker: string): void {
    if (this.version === 0) throw NoCurrentKey.error({ what: `${asker} was used outside a callback that has a key` });
  }

  get keyGroup(): number {
    if (this.#keyGroup < 0) {
      this.#keyGroup = keyGroupOf(this.#key, this.#maxParallelism);
      assert(this.#keyGroup >= this.#range.first && this.#keyGroup <= this.#range.last, 'a key reaches the subtask that owns its key group');
    }
    return this.#keyGroup;
  }
}

import { ByteWriter } from '../base/bytes.js';
import { crc32c } from '../base/crc32c.js';
import { StateChangedWithoutUpdate } from './errors.js';
import { encodeFailure, keyText } from './format/encode-failure.js';
import type { ValueCodec } from './format/value-codec.js';

/** The state a value belongs to, as far as check mode looks. */
export interface CheckedStore {
  readonly id: number;
  readonly name: string;
  readonly codec: ValueCodec;
}

/** The key a value belongs to. */
export interface CheckedKey {
  readonly key: unknown;
}

interface Borrowed {
  readonly store: CheckedStore;
  readonly key: unknown;
  /** Tells the entries of one key and state apart: the key in a map, the position in a list. */
  readonly part: unknown;
  readonly value: unknown;
  readonly digest: number;
}

/**
 * Finds values that were changed and not given back. What a state hands out is encoded and remembered; at the next
 * change of the current key, and before a snapshot, it must still encode to the same bytes, unless it was given back.
 */
export class CheckMode {
  readonly #operatorUid: string;
  readonly #writer: ByteWriter;
  #borrowed: Borrowed[];

  constructor(operatorUid: string) {
    this.#operatorUid = operatorUid;
    this.#writer = new ByteWriter();
    this.#borrowed = [];
  }

  /** A value was handed out. */
  borrowed(store: CheckedStore, key: CheckedKey, value: unknown, part?: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const known of this.#borrowed) if (known.value === value && known.store === store) return;
    this.#borrowed.push({ store, key: key.key, part, value, digest: this.#digest(store, key.key, value) });
  }

  /** A value was given (back) to a state: from now on it may not change. Fails at once when it cannot be encoded. */
  stored(store: CheckedStore, key: CheckedKey, value: unknown, part?: unknown): void {
    this.forget(store, key, part);
    if (typeof value !== 'object' || value === null) {
      this.#digest(store, key.key, value);
      return;
    }
    this.#borrowed = this.#borrowed.filter((known) => known.value !== value);
    this.#borrowed.push({ store, key: key.key, part, value, digest: this.#digest(store, key.key, value) });
  }

  /** A value was cleared: what happens to it is nobody's business any more. */
  forget(store: CheckedStore, key: CheckedKey, part?: unknown): void {
    if (this.#borrowed.length === 0) return;
    this.#borrowed = this.#borrowed.filter((known) => known.store !== store || known.key !== key.key || (part !== undefined && known.part !== part));
  }

  /** Compares everything handed out since the last call. */
  verify(): void {
    if (this.#borrowed.length === 0) return;
    const all = this.#borrowed;
    this.#borrowed = [];
    for (const { store, key, value, digest } of all) {
      if (this.#digest(store, key, value) === digest) continue;
      throw StateChangedWithoutUpdate.error({
        what: `a value of state "${store.name}" was changed and not given back with update`,
        where: { operator: this.#operatorUid, state: store.name, key: keyText(key) },
      });
    }
  }

  #digest(store: CheckedStore, key: unknown, value: unknown): number {
    this.#writer.reset();
    try {
      store.codec.encode(value, this.#writer);
    } catch (error) {
      throw encodeFailure(this.#operatorUid, store.name, key, error);
    }
    return crc32c(this.#writer.view());
  }
}

import { ByteWriter } from '../../../base/bytes.js';
import { murmurFinish, murmurMix } from '../../../base/murmur3.js';
import { keyHash } from '../../../record/key-hash.js';
import type { KeyGroupRange } from '../../backend.js';
import type { ValueCodec } from '../../format/value-codec.js';
import { CurrentKey } from '../heap/current-key.js';

/** Bytes of a namespace's bounds before a key. */
export const NAMESPACE_BYTES = 16;

/** The current key with what the log needs of it: its hash, and its bytes as a record holds them. Both are made when first asked for. */
export class LogKey extends CurrentKey {
  readonly #codec: ValueCodec;
  readonly #writer: ByteWriter;
  #hash: number;
  #hashedIn: number;
  #encodedIn: number;
  #bytes: Uint8Array | null;
  #namespacedBytes: Uint8Array | null;

  constructor(range: KeyGroupRange, maxParallelism: number, codec: ValueCodec) {
    super(range, maxParallelism);
    this.#codec = codec;
    this.#writer = new ByteWriter(64);
    this.#hash = 0;
    this.#hashedIn = -1;
    this.#encodedIn = -1;
    this.#bytes = null;
    this.#namespacedBytes = null;
  }

  /** The hash of the key. */
  get hash(): number {
    if (this.#hashedIn !== this.version) {
      this.#hash = keyHash(this.key);
      this.#hashedIn = this.version;
    }
    return this.#hash;
  }

  /** The hash of key and namespace. */
  get namespacedHash(): number {
    return mixHash(mixHash(this.hash, this.namespace.start | 0), this.namespace.end | 0);
  }

  /** The bytes of the key, after those of the namespace for states that have one. Valid until the key changes. */
  bytes(namespaced: boolean): Uint8Array {
    if (this.#encodedIn !== this.version) this.#encode();
    if (!namespaced) return (this.#bytes ??= this.#writer.view(NAMESPACE_BYTES));
    return (this.#namespacedBytes ??= this.#writer.view());
  }

  #encode(): void {
    const writer = this.#writer;
    writer.reset();
    writer.f64(this.namespace.start);
    writer.f64(this.namespace.end);
    this.#codec.encode(this.key, writer);
    // A view costs as much as the encoding: made only where it is asked for.
    this.#bytes = null;
    this.#namespacedBytes = null;
    this.#encodedIn = this.version;
  }
}

/** A hash of a hash and one number more. */
export function mixHash(hash: number, word: number): number {
  return murmurFinish(murmurMix(hash, word), 4);
}

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
  #bytes: Uint8Array;
  #namespacedBytes: Uint8Array;

  constructor(range: KeyGroupRange, maxParallelism: number, codec: ValueCodec) {
    super(range, maxParallelism);
    this.#codec = codec;
    this.#writer = new ByteWriter(64);
    this.#hash = 0;
    this.#hashedIn = -1;
    this.#encodedIn = -1;
    this.#bytes = NOTHING;
    this.#namespacedBytes = NOTHING;
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
    return namespaced ? this.#namespacedBytes : this.#bytes;
  }

  #encode(): void {
    const writer = this.#writer;
    writer.reset();
    writer.f64(this.namespace.start);
    writer.f64(this.namespace.end);
    this.#codec.encode(this.key, writer);
    this.#bytes = writer.view(NAMESPACE_BYTES);
    this.#namespacedBytes = writer.view();
    this.#encodedIn = this.version;
  }
}

const NOTHING = new Uint8Array(0);

/** A hash of a hash and one number more. */
export function mixHash(hash: number, word: number): number {
  return murmurFinish(murmurMix(hash, word), 4);
}

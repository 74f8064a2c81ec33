import { decodeUtf8, encodeUtf8 } from '../base/bytes.js';
import type { Decoder, DecodeTarget } from '../connector/format.js';

/** Uses a decoder for a part of a record that holds one value. */
export class OneValue<T> implements DecodeTarget<T> {
  /** The timestamp that the decoder found; NaN when none. */
  timestamp: number;
  readonly #decoder: Decoder<T>;
  #value: T | undefined;
  #count: number;

  constructor(decoder: Decoder<T>) {
    this.timestamp = Number.NaN;
    this.#decoder = decoder;
    this.#value = undefined;
    this.#count = 0;
  }

  /** The value of a text; undefined where the decoder finds none or several. */
  ofText(text: string): T | undefined {
    this.#count = 0;
    if (this.#decoder.decodeText === undefined) return this.ofBytes(encodeUtf8(text));
    this.#decoder.decodeText(text, this);
    return this.#count === 1 ? this.#value : undefined;
  }

  /** The value of bytes. */
  ofBytes(bytes: Uint8Array): T | undefined {
    this.#count = 0;
    this.#decoder.decode(bytes, 0, bytes.length, this);
    return this.#count === 1 ? this.#value : undefined;
  }

  record(value: T, timestamp: number): void {
    this.#count++;
    this.#value = value;
    this.timestamp = timestamp;
  }
}

/** Collects what an encoder writes, as text or bytes. */
export class EncodedValue {
  #text: string;
  #bytes: Uint8Array | undefined;

  constructor() {
    this.#text = '';
    this.#bytes = undefined;
  }

  /** Empties it. */
  reset(): void {
    this.#text = '';
    this.#bytes = undefined;
  }

  utf8(text: string): void {
    if (this.#bytes === undefined) this.#text += text;
    else this.bytes(encodeUtf8(text));
  }

  bytes(bytes: Uint8Array): void {
    const before = this.asBytes();
    const all = new Uint8Array(before.length + bytes.length);
    all.set(before);
    all.set(bytes, before.length);
    this.#bytes = all;
  }

  /** Whether the encoder wrote text only. */
  get isText(): boolean {
    return this.#bytes === undefined;
  }

  asText(): string {
    return this.#bytes === undefined ? this.#text : decodeUtf8(this.#bytes);
  }

  asBytes(): Uint8Array {
    return this.#bytes ?? encodeUtf8(this.#text);
  }
}

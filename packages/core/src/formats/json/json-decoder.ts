import type { Counter } from '../../base/metrics.js';
import type { DecodeContext, Decoder, DecodeTarget } from '../../connector/format.js';
import { textOf } from '../text-of.js';
import { timestampOf } from '../timestamp-field.js';
import { findUnsafeIntegers } from './exact-integers.js';
import { mayHaveUnsafeInteger } from './json-scan.js';
import { parseJson } from './parse-json.js';
import type { SchemaCheck } from './schema-check.js';

/** What a JSON decoder is told. */
export interface JsonDecoding<T> {
  /** Undefined: the values as they are. */
  readonly check: SchemaCheck<T> | undefined;
  /** How many records of a split are validated. */
  readonly validateFirst: number;
  readonly maxDepth: number;
  /** The field with the event time; undefined where the source knows none. */
  readonly timestampField: string | undefined;
}

/** Decodes one JSON value per frame. */
export class JsonDecoder<T> implements Decoder<T> {
  readonly #decoding: JsonDecoding<T>;
  readonly #check: SchemaCheck<T> | undefined;
  readonly #maxDepth: number;
  readonly #latin1: boolean;
  readonly #unsafe: Counter | undefined;
  #toValidate: number;

  constructor(decoding: JsonDecoding<T>, context: DecodeContext) {
    this.#decoding = decoding;
    this.#check = decoding.check;
    this.#maxDepth = decoding.maxDepth;
    this.#latin1 = context.encoding === 'latin1';
    this.#unsafe = context.metrics?.counter('numUnsafeIntegers');
    this.#toValidate = decoding.validateFirst;
  }

  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<T>): void {
    this.decodeText(textOf(bytes, from, to, this.#latin1), out);
  }

  decodeText(text: string, out: DecodeTarget<T>): void {
    if (isBlank(text)) return;
    const value = parseJson(text, this.#maxDepth);
    const record = this.#check === undefined && !mayHaveUnsafeInteger(text) ? (value as T) : this.#checked(value, text);
    const { timestampField } = this.#decoding;
    out.record(record, timestampField === undefined ? Number.NaN : timestampOf(record, timestampField, text));
  }

  #checked(value: unknown, text: string): T {
    const check = this.#check;
    const unsafe = mayHaveUnsafeInteger(text) ? findUnsafeIntegers(text) : [];
    if (check === undefined) {
      for (let i = 0; i < unsafe.length; i++) this.#countUnsafe();
      return value as T;
    }
    if (this.#toValidate <= 0) return check.withKnownBigints(value, unsafe, () => this.#countUnsafe()) as T;
    this.#toValidate--;
    return unsafe.length === 0 ? check.check(value, text) : check.checkUnsafe(value, text, unsafe, () => this.#countUnsafe());
  }

  #countUnsafe(): void {
    if (this.#unsafe !== undefined) this.#unsafe.value++;
  }
}

/** Whether there is nothing but white space; the first character nearly always says no. */
function isBlank(text: string): boolean {
  return (text.length === 0 || text.charCodeAt(0) <= 0x20 || text.charCodeAt(0) > 0x7e) && text.trim() === '';
}

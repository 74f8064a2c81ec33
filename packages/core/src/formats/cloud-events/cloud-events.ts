import { encodeUtf8, fromBase64, toBase64 } from '../../base/bytes.js';
import type { DecodeErrorPolicy } from '../../connector/dead-letter.js';
import type { ByteSink, DecodeContext, Decoder, DecodeTarget, Encoder, Format } from '../../connector/format.js';
import { excerptOf } from '../../connector/excerpt.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { membersAt } from '../json/json-members.js';
import { parseJson } from '../json/parse-json.js';
import { EncodedValue, OneValue } from '../one-value.js';
import { textOf } from '../text-of.js';
import { attributesOf, type CloudEvent, cloudEventOf, invalid, isJsonType, timestampOfEvent } from './cloud-event.js';

/** How {@link cloudEvents} reads. */
export interface CloudEventsOptions {
  /** What to do with an event that cannot be decoded; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
}

/**
 * CloudEvents 1.0 in the structured mode: one JSON object per line or message, with the attributes and the data. The data
 * are read and written by a format of their own: with `json(…)` they stand in the event as JSON, with a format of text as a
 * string, with one of bytes in base64. Records have the time of their event.
 *
 * @example
 * ```ts
 * import { cloudEvents, json, t } from 'millrace';
 *
 * const orders = cloudEvents(json(t.struct({ order: t.bigint })));
 * console.log(orders.name);
 * ```
 */
export function cloudEvents<D>(data: Format<D>, options: CloudEventsOptions = {}): Format<CloudEvent<D>> {
  return {
    name: `cloud-events/${data.name}`,
    framing: 'lines',
    separator: '\n',
    type: t.dynamic as TypeInfo<CloudEvent<D>>,
    ...options,
    fileExtension: 'ndjson',
    createDecoder: (context) => new EventDecoder(data, context),
    createEncoder: () => new EventEncoder(data),
  };
}

class EventDecoder<D> implements Decoder<CloudEvent<D>> {
  readonly #context: DecodeContext;
  readonly #data: OneValue<D>;

  constructor(data: Format<D>, context: DecodeContext) {
    this.#context = context;
    this.#data = new OneValue(data.createDecoder(context));
  }

  decode(bytes: Uint8Array, from: number, to: number, out: DecodeTarget<CloudEvent<D>>): void {
    this.decodeText(textOf(bytes, from, to, this.#context.encoding === 'latin1'), out);
  }

  decodeText(text: string, out: DecodeTarget<CloudEvent<D>>): void {
    if (text.trim() === '') return;
    const given = parseJson(text, this.#context.maxDepth);
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid(`${excerptOf(text)} is no object`);
    const { data, data_base64: base64, ...attributes } = given as Record<string, unknown>;
    if (data !== undefined && base64 !== undefined) throw invalid('the event has both data and data_base64');
    // Attributes first: data of an event that is none are not looked at.
    const event = cloudEventOf<D>(Object.entries(attributes), undefined);
    const value = data === undefined && base64 === undefined ? undefined : this.#dataOf(text, event, data, base64);
    const whole = value === undefined ? event : { ...event, data: value };
    const timestamp = timestampOfEvent(event);
    out.record(whole, timestamp === timestamp ? timestamp : this.#data.timestamp);
  }

  #dataOf(text: string, event: CloudEvent, data: unknown, base64: unknown): D | undefined {
    if (base64 !== undefined) {
      if (typeof base64 !== 'string') throw invalid('data_base64 is no text');
      return this.#data.ofBytes(bytesOf(base64));
    }
    if (typeof data === 'string' && !isJsonType(event.datacontenttype)) return this.#data.ofText(data);
    // From the event's own digits, so that no number is rounded.
    const { from, to } = membersAt(text, 0)!.get('data')!;
    return this.#data.ofText(text.slice(from, to));
  }
}

class EventEncoder<D> implements Encoder<CloudEvent<D>> {
  readonly #isJson: boolean;
  readonly #data: Encoder<D>;
  readonly #encoded: EncodedValue;

  constructor(data: Format<D>) {
    this.#isJson = data.name === 'json';
    this.#data = data.createEncoder();
    this.#encoded = new EncodedValue();
  }

  encode(event: CloudEvent<D>, out: ByteSink): void {
    const attributes = attributesOf(event);
    const parts = attributes.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    if (event.data !== undefined) {
      this.#encoded.reset();
      this.#data.encode(event.data, this.#encoded);
      parts.push(...this.#dataParts(event));
    }
    out.utf8(`{${parts.join(',')}}`);
  }

  #dataParts({ datacontenttype }: CloudEvent<D>): readonly string[] {
    if (!this.#encoded.isText) return [`"data_base64":${JSON.stringify(toBase64(this.#encoded.asBytes()))}`];
    const text = this.#encoded.asText();
    if (this.#isJson) {
      if (isJsonType(datacontenttype)) return [`"data":${text}`];
      return [`"data":${JSON.stringify(text)}`];
    }
    // Without a media type a reader would take the string for JSON.
    return [...(datacontenttype === undefined ? ['"datacontenttype":"text/plain"'] : []), isJsonType(datacontenttype) && datacontenttype !== undefined ? `"data_base64":${JSON.stringify(toBase64(encodeUtf8(text)))}` : `"data":${JSON.stringify(text)}`];
  }
}

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    throw invalid('data_base64 is no base64');
  }
}

import { decodeUtf8, encodeUtf8, fromHex } from '../../base/bytes.js';
import { decodeUtf8Strict } from '../../base/strict-utf8.js';
import { attributesOf, type CloudEvent, cloudEventOf, invalid } from './cloud-event.js';

/** A header of a message of Kafka, as its source gives it. */
export interface MessageHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

const KAFKA_PREFIX = 'ce_';
const HTTP_PREFIX = 'ce-';
const CONTENT_TYPE = 'content-type';

/**
 * The headers of an event in the binary mode of Kafka: attributes as `ce_…`, the media type of the data as `content-type`.
 * The data are the value of the message.
 *
 * @example
 * ```ts
 * import { kafkaHeadersOf } from 'millrace';
 *
 * console.log(kafkaHeadersOf({ specversion: '1.0', id: '1', source: '/shop', type: 'order.made', datacontenttype: 'application/json' }));
 * ```
 */
export function kafkaHeadersOf(event: CloudEvent): Record<string, string> {
  return Object.fromEntries(attributesOf(event).map(([name, value]) => [name === 'datacontenttype' ? CONTENT_TYPE : KAFKA_PREFIX + name, String(value)]));
}

/**
 * The event of a message of Kafka in the binary mode: the attributes from its headers, with the data that its value was
 * decoded to. Other headers are passed over; extensions are texts. Throws `MR-2111` where the headers make no event.
 */
export function eventOfKafkaHeaders<D>(headers: Iterable<MessageHeader>, data: D | undefined): CloudEvent<D> {
  const attributes: (readonly [string, string])[] = [];
  for (const { name, value } of headers) {
    if (value === null) continue;
    if (name.toLowerCase() === CONTENT_TYPE) attributes.push(['datacontenttype', headerText(name, value)]);
    else if (name.startsWith(KAFKA_PREFIX)) attributes.push([name.slice(KAFKA_PREFIX.length), headerText(name, value)]);
  }
  return cloudEventOf(attributes, data);
}

/** The headers of an event in the binary mode of HTTP: attributes as `ce-…`, percent-encoded where HTTP has no character. */
export function httpHeadersOf(event: CloudEvent): Record<string, string> {
  return Object.fromEntries(attributesOf(event).map(([name, value]) => (name === 'datacontenttype' ? [CONTENT_TYPE, String(value)] : [HTTP_PREFIX + name, percentEncoded(String(value))])));
}

/** The event of an HTTP message in the binary mode. Names of headers may have any case. Throws `MR-2111`. */
export function eventOfHttpHeaders<D>(headers: Iterable<readonly [string, string]>, data: D | undefined): CloudEvent<D> {
  const attributes: (readonly [string, string])[] = [];
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    if (name === CONTENT_TYPE) attributes.push(['datacontenttype', value]);
    else if (name.startsWith(HTTP_PREFIX)) attributes.push([name.slice(HTTP_PREFIX.length), percentDecoded(value)]);
  }
  return cloudEventOf(attributes, data);
}

/** Which mode a message with this `content-type` is in: structured ones have the whole event as their value. */
export function cloudEventMode(contentType: string | undefined): 'batched' | 'binary' | 'structured' {
  const type = (contentType ?? '').trim().toLowerCase();
  if (type.startsWith('application/cloudevents-batch')) return 'batched';
  return type.startsWith('application/cloudevents') ? 'structured' : 'binary';
}

function headerText(name: string, value: Uint8Array): string {
  try {
    return decodeUtf8Strict(value);
  } catch {
    throw invalid(`the header "${name}" is no UTF-8`);
  }
}

/** Everything but printable ASCII, and of that the space, the double quote and the percent sign. */
function percentEncoded(text: string): string {
  let encoded = '';
  for (const byte of encodeUtf8(text)) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

function percentDecoded(value: string): string {
  const text = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  return text.replace(/(?:%[\da-fA-F]{2})+/g, (run) => decodeUtf8(fromHex(run.replaceAll('%', ''))));
}

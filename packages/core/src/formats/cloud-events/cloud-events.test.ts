import { describe, expect, it } from 'vitest';
import { ByteWriter, decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import type { Format } from '../../connector/format.js';
import { t } from '../../record/types/t.js';
import { formatKit } from '../../testing/format-kit.js';
import { CloudEventInvalid, SchemaMismatch } from '../errors.js';
import { json } from '../json/json.js';
import { raw } from '../raw.js';
import { cloudEventMode, eventOfHttpHeaders, eventOfKafkaHeaders, httpHeadersOf, kafkaHeadersOf } from './bindings.js';
import type { CloudEvent } from './cloud-event.js';
import { cloudEvents } from './cloud-events.js';

const base = { specversion: '1.0', id: 'A234-1234-1234', source: 'https://github.com/cloudevents/spec/pull', type: 'com.github.pull_request.opened' } as const;

function decode<D>(format: Format<CloudEvent<D>>, text: string): { event: CloudEvent<D>; timestamp: number } {
  const found: { event: CloudEvent<D>; timestamp: number }[] = [];
  format.createDecoder({ source: 'test', maxDepth: 128 }).decode(encodeUtf8(text), 0, encodeUtf8(text).length, { record: (event, timestamp) => found.push({ event, timestamp }) });
  expect(found).toHaveLength(1);
  return found[0]!;
}

function encode<D>(format: Format<CloudEvent<D>>, event: CloudEvent<D>): string {
  const writer = new ByteWriter();
  format.createEncoder().encode(event, writer);
  return decodeUtf8(writer.view());
}

const same = (left: unknown, right: unknown): boolean => {
  expect(left).toEqual(right);
  return true;
};

describe('CloudEvents in the structured mode', () => {
  const order = t.struct({ order: t.bigint, note: t.optional(t.string) });
  for (const { name, run } of formatKit<CloudEvent<unknown>>({
    format: cloudEvents(json(order)) as Format<CloudEvent<unknown>>,
    values: [
      { ...base, data: { order: 9007199254740993n } },
      { ...base, time: '2018-04-05T17:31:00.5Z', subject: '123', dataschema: 'https://example.com/s', datacontenttype: 'application/vnd.x+json; charset=utf-8', extensions: { comexampleextension1: 'value', comexampleothervalue: 5, yes: true }, data: { order: 1n, note: '{"[' } },
      { ...base },
    ],
    malformed: ['{', '[]', '1', '{"specversion":"1.0"}', JSON.stringify({ ...base, specversion: '0.3' }), JSON.stringify({ ...base, data: {}, data_base64: '' }), JSON.stringify({ ...base, data: { order: 'x' } })],
    equal: same,
  })) it(`kit: ${name}`, run);

  for (const { name, run } of formatKit<CloudEvent<Uint8Array>>({
    format: cloudEvents(raw('bytes')),
    values: [{ ...base, datacontenttype: 'application/octet-stream', data: Uint8Array.of(0, 255, 128, 1) }],
    malformed: [JSON.stringify({ ...base, data_base64: '%' }), JSON.stringify({ ...base, data_base64: 7 })],
    equal: same,
  })) it(`kit, with bytes: ${name}`, run);

  it('reads the examples of the specification', () => {
    const json0 = decode(cloudEvents(json()), '{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","subject":null,"id":"C234-1234-1234","time":"2018-04-05T17:31:00Z","comexampleextension1":"value","comexampleothervalue":5,"datacontenttype":"application/json","data":{"appinfoA":"abc","appinfoB":123,"appinfoC":true}}');
    expect(json0.event).toEqual({
      specversion: '1.0', type: 'com.example.someevent', source: '/mycontext', id: 'C234-1234-1234', time: '2018-04-05T17:31:00Z', datacontenttype: 'application/json',
      extensions: { comexampleextension1: 'value', comexampleothervalue: 5 }, data: { appinfoA: 'abc', appinfoB: 123, appinfoC: true },
    });
    expect(json0.timestamp).toBe(Date.UTC(2018, 3, 5, 17, 31));
    expect(decode(cloudEvents(raw()), JSON.stringify({ ...base, datacontenttype: 'application/xml', data: '<much wow="xml"/>' })).event.data).toBe('<much wow="xml"/>');
    expect(decode(cloudEvents(raw()), JSON.stringify({ ...base, datacontenttype: 'text/plain', data_base64: 'aGk' })).event.data).toBe('hi');
    expect(decode(cloudEvents(json()), JSON.stringify({ ...base, data: 'I am a text' })).event.data).toBe('I am a text');
  });

  it('writes text as text, JSON as JSON, and JSON under another media type as a string', () => {
    expect(JSON.parse(encode(cloudEvents(raw()), { ...base, data: 'a"b' }))).toEqual({ ...base, datacontenttype: 'text/plain', data: 'a"b' });
    expect(JSON.parse(encode(cloudEvents(json()), { ...base, datacontenttype: 'text/x', data: [1] }))).toEqual({ ...base, datacontenttype: 'text/x', data: '[1]' });
    expect(encode(cloudEvents(json(order)), { ...base, data: { order: 12345678901234567890n } })).toContain('"data":{"order":12345678901234567890}');
  });

  it('names what is wrong with an event (MR-2111)', () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ id: '' }, '"id"'], [{ id: 5 }, '"id"'], [{ type: undefined }, '"type" is missing'], [{ time: 'yesterday' }, 'RFC 3339'], [{ time: '2018-13-05T17:31:00Z' }, 'RFC 3339'],
      [{ dataschema: 'relative' }, 'absolute URI'], [{ Upper: 1 }, '"Upper"'], [{ ext: 1.5 }, '"ext"'], [{ ext: 2 ** 31 }, '"ext"'], [{ ext: {} }, '"ext"'], [{ subject: 'a\u0000' }, 'control character'],
    ];
    for (const [change, what] of wrong) {
      expect(() => decode(cloudEvents(json()), JSON.stringify({ ...base, ...change }))).toThrow(what);
      expect(() => decode(cloudEvents(json()), JSON.stringify({ ...base, ...change }))).toThrow(CloudEventInvalid.code);
    }
    expect(() => encode(cloudEvents(json()), { ...base, extensions: { data: 'x' } })).toThrow('"data"');
    expect(() => decode(cloudEvents(json(order)), JSON.stringify({ ...base, data: { order: 'x' } }))).toThrow(SchemaMismatch.code);
  });
});

describe('CloudEvents in the binary mode', () => {
  const event: CloudEvent = { ...base, datacontenttype: 'application/json', time: '2018-04-05T17:31:00Z', subject: 'Euro € 😀 100% "x"', extensions: { flag: true, count: 7 } };
  const asTexts = { ...event, extensions: { flag: 'true', count: '7' } };

  it('goes through the headers of Kafka, with other headers beside it', () => {
    const headers = kafkaHeadersOf(event);
    expect(headers).toEqual({ 'content-type': 'application/json', ce_specversion: '1.0', ce_id: base.id, ce_source: base.source, ce_type: base.type, ce_time: event.time, ce_subject: event.subject, ce_flag: 'true', ce_count: '7' });
    const read = Object.entries({ ...headers, traceparent: 'x' }).map(([name, value]) => ({ name, value: encodeUtf8(value) }));
    expect(eventOfKafkaHeaders([...read, { name: 'ce_none', value: null }], { a: 1 })).toEqual({ ...asTexts, data: { a: 1 } });
    expect(() => eventOfKafkaHeaders([{ name: 'ce_id', value: encodeUtf8('1') }], undefined)).toThrow(CloudEventInvalid.code);
    expect(() => eventOfKafkaHeaders([{ name: 'ce_id', value: Uint8Array.of(255) }], undefined)).toThrow('no UTF-8');
  });

  it('goes through the headers of HTTP, percent-encoded as the specification shows', () => {
    const headers = httpHeadersOf(event);
    expect(headers['ce-subject']).toBe('Euro%20%E2%82%AC%20%F0%9F%98%80%20100%25%20%22x%22');
    expect(eventOfHttpHeaders(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value] as const), undefined)).toEqual(asTexts);
    expect(eventOfHttpHeaders([...Object.entries(httpHeadersOf({ ...base })), ['ce-subject', '"a \\"b\\""']], undefined).subject).toBe('a "b"');
  });

  it('is told from the structured one by the media type', () => {
    expect(['application/cloudevents+json; charset=utf-8', 'application/cloudevents-batch+json', 'application/json', undefined].map(cloudEventMode)).toEqual(['structured', 'batched', 'binary', 'binary']);
  });
});

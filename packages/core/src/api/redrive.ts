import type { DeadLetter } from '../connector/dead-letter.js';
import type { DecodeTarget, Decoder, Format } from '../connector/format.js';
import { DEFAULT_MAX_DEPTH } from '../connector/format.js';
import type { FlatMapFunction } from '../functions/element-functions.js';
import type { AsyncMapFunction } from '../operators/async-settings.js';

/**
 * For `flatMap`: decodes the records in dead letters once more, after the format or the function was mended. A letter that
 * fails again is a failure of that flatMap, which can be given dead letters of its own.
 *
 * @example
 * ```ts
 * import { json, redrive, StreamEnvironment, t, type DeadLetter } from 'millrace';
 *
 * const letter: DeadLetter = { reason: 'MR-2101', operator: 'orders', source: 'orders', split: 'a', offset: 7, raw: new TextEncoder().encode('{"id":7}') };
 * const env = StreamEnvironment.create();
 * env.fromElements(letter).flatMap(redrive(json(t.struct({ id: t.number })))).print();
 * await env.execute('once more');
 * ```
 */
export function redrive<T>(format: Format<T>): FlatMapFunction<DeadLetter, T> {
  let decoder: Decoder<T> | undefined;
  return ({ raw, operator }, out) => {
    decoder ??= format.createDecoder({ source: operator, maxDepth: DEFAULT_MAX_DEPTH });
    const target: DecodeTarget<T> = { record: (value, timestamp) => (Number.isNaN(timestamp) ? out.collect(value) : out.collectAt(value, timestamp)) };
    decoder.decode(raw, 0, raw.length, target);
  };
}

/**
 * For `asyncMap`: decodes the records in dead letters once more, with a format that has to fetch what it decodes with, as one with a schema
 * registry does. It gives the records of a letter, usually one; their own times are not known to the stream. One letter is decoded after the other.
 *
 * @example
 * ```ts
 * import { json, redriveAsync, StreamEnvironment, t, type DeadLetter } from 'millrace';
 *
 * const letter: DeadLetter = { reason: 'MR-4205', operator: 'orders', source: 'orders', split: 'orders-0', offset: 7, raw: new TextEncoder().encode('{"id":7}') };
 * const env = StreamEnvironment.create();
 * env.fromElements(letter)
 *   .asyncMap(redriveAsync(json(t.struct({ id: t.number }))), { timeout: '30 s' })
 *   .flatMap((orders) => orders)
 *   .print();
 * await env.execute('once more');
 * ```
 */
export function redriveAsync<T>(format: Format<T>): AsyncMapFunction<DeadLetter, readonly T[]> {
  let decoder: Decoder<T> | undefined;
  // A decoder decodes the frame that it was prepared for, so a call waits for those before it.
  let before: Promise<unknown> = Promise.resolve();
  const decode = async ({ raw, operator }: DeadLetter): Promise<readonly T[]> => {
    decoder ??= format.createDecoder({ source: operator, maxDepth: DEFAULT_MAX_DEPTH });
    await decoder.prepare?.(raw, 0, raw.length);
    const records: T[] = [];
    decoder.decode(raw, 0, raw.length, { record: (value) => void records.push(value) });
    return records;
  };
  return (letter) => {
    const decoded = before.then(() => decode(letter));
    before = decoded.catch(() => {});
    return decoded;
  };
}

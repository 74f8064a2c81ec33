import type { DeadLetter } from '../connector/dead-letter.js';
import type { DecodeTarget, Decoder, Format } from '../connector/format.js';
import { DEFAULT_MAX_DEPTH } from '../connector/format.js';
import type { FlatMapFunction } from '../functions/element-functions.js';

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

import type { DeadLetter } from '../connector/dead-letter.js';
import type { DecodeTarget, Decoder, Format } from '../connector/format.js';
import { DEFAULT_MAX_DEPTH } from '../connector/format.js';
import type { Collector } from '../functions/collector.js';
import type { FlatMapFunction } from '../functions/element-functions.js';
import type { AsyncMapFunction } from '../operators/async-settings.js';

/**
 * For `flatMap`: decodes the records in dead letters once more, after the format or the function was mended, with a decoder for each operator that gave letters. A letter that
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
  const decoders = new Map<string, Decoder<T>>();
  return ({ raw, operator }, out) => {
    const decoder = decoders.get(operator) ?? format.createDecoder({ source: operator, maxDepth: DEFAULT_MAX_DEPTH });
    decoders.set(operator, decoder);
    const target: DecodeTarget<T> = { record: (value, timestamp) => (Number.isNaN(timestamp) ? out.collect(value) : out.collectAt(value, timestamp)) };
    decoder.decode(raw, 0, raw.length, target);
  };
}

/** A record that came out of a dead letter, with the time that its format gave it: epoch milliseconds, NaN for none. */
export interface RedrivenRecord<T> {
  readonly value: T;
  readonly timestamp: number;
}

/** So many letters are decoded at the same time, each by a decoder of its own. */
const AT_THE_SAME_TIME = 16;

/**
 * For `asyncMap`: decodes the records in dead letters once more, with a format that has to fetch what it decodes with, as one with a schema
 * registry does. It gives the records of a letter, usually one, which {@link redriven} makes a stream of. Up to 16 letters are decoded at the same time, not
 * counting those whose call was given up; the order of the results is that of the `asyncMap`.
 *
 * @example
 * ```ts
 * import { json, redriveAsync, redriven, StreamEnvironment, t, type DeadLetter } from 'millrace';
 *
 * const letter: DeadLetter = { reason: 'MR-4205', operator: 'orders', source: 'orders', split: 'orders-0', offset: 7, raw: new TextEncoder().encode('{"id":7}') };
 * const env = StreamEnvironment.create();
 * env.fromElements(letter)
 *   .asyncMap(redriveAsync(json(t.struct({ id: t.number }))), { timeout: '30 s' })
 *   .flatMap(redriven<{ id: number }>)
 *   .print();
 * await env.execute('once more');
 * ```
 */
export function redriveAsync<T>(format: Format<T>): AsyncMapFunction<DeadLetter, readonly RedrivenRecord<T>[]> {
  /** By operator: a decoder may know where its bytes come from. */
  const freeOf = new Map<string, Decoder<T>[]>();
  const waiting = new Set<() => void>();
  let underWay = 0;
  const begins = (signal: AbortSignal): Promise<void> | undefined => {
    if (underWay < AT_THE_SAME_TIME) return void underWay++;
    return new Promise((resolve, reject) => {
      waiting.add(resolve);
      signal.addEventListener('abort', () => waiting.delete(resolve) && reject(signal.reason as Error), { once: true });
    });
  };
  const ended = (): void => {
    const [next] = waiting;
    if (next === undefined) return void underWay--;
    waiting.delete(next);
    next();
  };
  return async ({ raw, operator }, { signal }) => {
    await begins(signal);
    if (signal.aborted) {
      ended();
      throw signal.reason as Error;
    }
    // A letter that was given up may never be done, and its decoder neither: others do not wait for them.
    let isGivenUp = false;
    const givenUp = (): void => {
      isGivenUp = true;
      ended();
    };
    signal.addEventListener('abort', givenUp, { once: true });
    try {
      const free = freeOf.get(operator) ?? [];
      freeOf.set(operator, free);
      // A decoder decodes the frame that it was prepared for, so each has one letter at a time.
      const decoder = free.pop() ?? format.createDecoder({ source: operator, maxDepth: DEFAULT_MAX_DEPTH });
      try {
        await decoder.prepare?.(raw, 0, raw.length);
        const records: RedrivenRecord<T>[] = [];
        decoder.decode(raw, 0, raw.length, { record: (value, timestamp) => void records.push({ value, timestamp }) });
        return records;
      } finally {
        if (!isGivenUp) free.push(decoder);
      }
    } finally {
      signal.removeEventListener('abort', givenUp);
      if (!isGivenUp) ended();
    }
  };
}

/** For `flatMap` behind {@link redriveAsync}: the records, each at its own time where the format knows it, else at that of the letter. Their type is to be said, as in `flatMap(redriven<Order>)`. */
export function redriven<T>(records: readonly RedrivenRecord<T>[], out: Collector<T>): void {
  for (const { value, timestamp } of records) {
    if (Number.isNaN(timestamp)) out.collect(value);
    else out.collectAt(value, timestamp);
  }
}

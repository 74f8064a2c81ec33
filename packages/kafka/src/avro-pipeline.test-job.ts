import { arg, boundedOutOfOrderness, deadLetterFormat, defineJob, tumblingEventTime, type Job } from '@millrace/core';
import { avro } from '@millrace/avro';
import { schemaRegistry } from '@millrace/schema-registry';
import { kafkaSink } from './sink/kafka-sink.js';
import { kafkaSource } from './source/kafka-source.js';

/** A reading as the job sees it, whatever version it was written with. */
export interface Reading {
  readonly sensor: string;
  readonly value: number;
  readonly at: number;
  readonly unit: string;
}

/** A row of the result. */
export interface Sum {
  readonly sensor: string;
  readonly start: number;
  readonly sum: number;
  readonly units: string;
}

const sensor = { name: 'sensor', type: 'string' };
const at = { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } };
const reading = (...fields: readonly object[]): object => ({ type: 'record', name: 'Reading', namespace: 'test', fields });

/** The versions that writers use: the first has whole numbers and a field that was removed, the second has decimals and a unit. */
export const WRITTEN: readonly object[] = [
  reading(sensor, { name: 'room', type: ['null', 'string'], default: null }, { name: 'value', type: 'int' }, at),
  reading(sensor, { name: 'value', type: 'double' }, at, { name: 'unit', type: 'string', default: 'C' }),
];

/** What the job writes. */
export const SUM_SCHEMA: object = { type: 'record', name: 'Sum', namespace: 'test', fields: [sensor, { name: 'start', type: at.type }, { name: 'sum', type: 'double' }, { name: 'units', type: 'string' }] };

/** How far readings are out of order, at the most. */
export const DISORDER_MS = 200;
/** The length of a window. */
export const WINDOW_MS = 1000;

/** Readings of both versions, summed up per sensor and second; what cannot be read goes to a topic of its own. */
export const pipeline: Job = defineJob({
  name: 'avro-pipeline',
  args: { brokers: arg.string(), registry: arg.string(), from: arg.string(), to: arg.string(), letters: arg.string(), ends: arg.string({ doc: 'Where each partition ends, as JSON.' }) },
  build(env, { brokers, registry: url, from, to, letters, ends }) {
    const registry = schemaRegistry({ url });
    env
      .fromSource(kafkaSource({ brokers, topics: from, format: avro<Reading>({ schema: WRITTEN[1]!, registry, onError: 'deadLetter' }), stop: { offsets: { [from]: JSON.parse(ends) as Record<number, number> } } }), {
        name: 'readings', uid: 'readings', watermarks: boundedOutOfOrderness(DISORDER_MS, (one) => one.at),
      })
      .deadLetterTo(kafkaSink({ brokers, topic: letters, format: deadLetterFormat(), transactionalPrefix: letters }), { name: 'letters', uid: 'letters' })
      .keyBy('sensor')
      .window(tumblingEventTime(WINDOW_MS))
      .aggregate(
        { create: () => ({ sum: 0, units: '' }), add: (total, { value, unit }) => { total.sum += value; total.units = total.units < unit ? unit : total.units; } },
        ({ sum, units }, { key, window }) => ({ sensor: key, start: window.start, sum, units }), { name: 'sums', uid: 'sums' },
      )
      .sinkTo(kafkaSink<Sum>({ brokers, topic: to, format: avro<Sum>({ schema: SUM_SCHEMA, registry }), key: (row) => row.sensor, transactionalPrefix: to }), { name: 'results', uid: 'results' });
  },
}) as Job;

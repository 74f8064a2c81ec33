import { describe, expect, it } from 'vitest';
import { functionSink } from '../connectors/memory/function-sink.js';
import { nodePlatform } from '../platform/node/node-platform.js';
import { runLocally } from '../runtime/job/local-executor.js';
import { StreamEnvironment } from './environment.js';
import type { DataStream } from './streams.js';

interface Item {
  readonly id: number;
  readonly note: unknown;
}

interface Sent extends Item {
  extra?: number;
}

const NOTES = [1, 2.5, 'text', undefined, null, { deep: [1n] }, true, Number.NaN];
const items: readonly Item[] = Array.from({ length: 400 }, (_, id) => ({ id, note: id < 200 ? id : NOTES[id % NOTES.length] }));

/** Runs a job of two subtasks, between which records go through the codec, and gives the rows by id. */
async function rowsOf(given: readonly Item[], build: (stream: DataStream<Item>, show: (row: unknown) => void) => void): Promise<readonly unknown[]> {
  const rows: Item[] = [];
  const env = new StreamEnvironment(() => ({ execute: (program, given = {}) => runLocally(program, nodePlatform(), { ...given, resume: 'none' }) }), { parallelism: 2 });
  build(env.fromCollection(given, { name: 'items' }), (row) => void rows.push(row as Item));
  await env.execute('literals');
  return rows.sort((a, b) => a.id - b.id);
}

/** Of one layout, but for a field that the later ones are given. */
const numbers = items.slice(0, 200);
const withExtra = numbers.map((item) => (item.id < 100 ? item : { ...item, extra: -item.id }));
const add = (item: Sent): void => {
  if (item.id >= 100) item.extra = -item.id;
};

describe('literals that are exchanged', () => {
  it('keep values of all kinds, in their order', async () => {
    const swapped = await rowsOf(items, (stream, show) => {
      stream.map(({ id, note }) => ({ note, id })).keyBy('id').process({ processElement: (item, _, out) => void out.collect(item) }).sinkTo(functionSink(show));
    });
    expect(swapped).toEqual(items);
    expect(new Set(swapped.map((row) => Object.keys(row as Item).join()))).toEqual(new Set(['note,id']));
  });

  it('keep a field that the choice of the channel adds', async () => {
    const rows = await rowsOf(numbers, (stream, show) => {
      stream.map(({ id, note }): Sent => ({ id, note })).partitionCustom((key, channels) => (key as number) % channels, (item) => (add(item), item.id)).sinkTo(functionSink(show));
    });
    expect(rows).toEqual(withExtra);
  });

  it('keep a field that somebody else adds who reads the same stream', async () => {
    const rows = await rowsOf(numbers, (stream, show) => {
      const made = stream.map(({ id, note }): Sent => ({ id, note }));
      made.filter((item) => (add(item), false)).sinkTo(functionSink(show));
      made.rebalance().sinkTo(functionSink(show));
      made.keyBy('id').process({ processElement: (item, _, out) => void out.collect(item) }).sinkTo(functionSink((item: Sent) => expect('extra' in item).toBe(item.id >= 100)));
    });
    expect(rows).toEqual(withExtra);
  });

  it('keep a field that an operator in between adds', async () => {
    const rows = await rowsOf(numbers, (stream, show) => {
      stream.map(({ id, note }): Sent => ({ id, note })).filter((item) => (add(item), true)).keyBy('id').process({ processElement: (item, _, out) => void out.collect(item) }).sinkTo(functionSink(show));
    });
    expect(rows).toEqual(withExtra);
  });
});

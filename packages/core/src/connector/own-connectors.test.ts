import { describe, it } from 'vitest';
import { t } from '../record/types/t.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { sinkKit } from '../testing/sink-kit.js';
import { sourceKit } from '../testing/source-kit.js';
import { FixedSplits } from './fixed-splits.js';
import type { Sink } from './sink.js';
import type { Source, Split } from './source.js';

// The connectors of the doc comments in source.ts and sink.ts, word for word.
interface SquareSplit extends Split {
  readonly next: number;
}

function squares(upTo: number): Source<number, SquareSplit> {
  return {
    kind: 'squares',
    bounded: true,
    replayable: true,
    type: t.number,
    createEnumerator: (context, restored) => new FixedSplits(context, restored, () => [{ id: 'squares', next: 1 }]),
    createReader: () => {
      let split: SquareSplit | undefined;
      return {
        start() {},
        addSplits([first]) { split = first; },
        noMoreSplits() {},
        poll(batch) {
          if (split === undefined) return 'end';
          batch.split = split.id;
          let { next } = split;
          for (; next <= upTo && batch.length < batch.capacity; next++) {
            batch.values[batch.length] = next * next;
            batch.timestamps[batch.length] = Number.NaN;
            batch.offsets[batch.length++] = next;
          }
          split = next <= upTo ? { ...split, next } : undefined;
          return 'more';
        },
        available: () => Promise.resolve(),
        snapshot: () => (split === undefined ? [] : [split]),
        activeSplits: () => (split === undefined ? [] : [split.id]),
        close() {},
      };
    },
  };
}

interface Batch {
  readonly name: string;
  readonly rows: readonly string[];
}

function storeSink(store: Map<string, readonly string[]>): Sink<string, Batch, never> {
  return {
    kind: 'store',
    guarantee: 'exactly-once',
    createWriter: ({ subtask, epoch }) => {
      let rows: string[] = [];
      return {
        write(value) { rows.push(value); },
        prepareCommit(checkpointId) {
          if (rows.length === 0) return [];
          const batch = { name: `${epoch}-${subtask}-${checkpointId}`, rows };
          rows = [];
          return [batch];
        },
        close() {},
      };
    },
    createCommitter: () => ({
      async commit(batches) {
        for (const { name, rows } of batches) store.set(name, rows);
      },
    }),
  };
}

describe('connectors of one\'s own', () => {
  const platform = new SimulatedPlatform({ seed: 1 });
  for (const { name, run } of sourceKit<number>({ platform, create: () => squares(9) as never, expected: [1, 4, 9, 16, 25, 36, 49, 64, 81], textOf: String })) it(`source: ${name}`, run);
  const create = () => {
    const store = new Map<string, readonly string[]>();
    return { reopen: () => storeSink(store) as never, visible: () => [...store.values()].flat() };
  };
  for (const { name, run } of sinkKit<string>({ platform, create, record: String, textOf: String })) it(`sink: ${name}`, run);
});

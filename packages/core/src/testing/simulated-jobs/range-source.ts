import type { EnumeratorContext, ReaderContext, Source, SourceBatch, Split } from '../../connector/source.js';
import type { Reading } from './reading.js';

interface RangeSplit extends Split {
  readonly from: number;
  readonly to: number;
}

/** What a simulated source gives. */
export interface RangeSourceOptions {
  readonly count: number;
  readonly splits: number;
  make(index: number): Reading;
  /** Told of every record that is handed over. */
  read?(): void;
  /** Told when an attempt of the job begins to read. */
  begin?(): void;
}

/** A bounded source over numbered records that are computed from their number, so that any stretch can be read again. */
export function rangeSource({ count, splits, make, read, begin }: RangeSourceOptions): Source<Reading, RangeSplit> {
  return {
    kind: 'range',
    bounded: true,
    replayable: true,
    type: { kind: 'dynamic' } as Source<Reading>['type'],
    createEnumerator: (context: EnumeratorContext<RangeSplit>, restored: unknown) => ({
      start(): void {
        begin?.();
        const all = Array.from({ length: splits }, (_, index): RangeSplit => ({ id: `range-${index}`, from: Math.floor((index * count) / splits), to: Math.floor(((index + 1) * count) / splits) }));
        if (restored === undefined) all.forEach((split, index) => context.assign(index % context.parallelism, [split]));
        for (let subtask = 0; subtask < context.parallelism; subtask++) context.noMoreSplits(subtask);
      },
      splitRequested(): void {},
      splitsReturned(): void {},
      snapshot: (): unknown => 'assigned',
      close(): void {},
    }),
    createReader: (_context: ReaderContext) => {
      const held: { id: string; from: number; to: number }[] = [];
      let more = true;
      const unfinished = (): typeof held => held.filter((split) => split.from < split.to);
      return {
        start(): void {},
        addSplits: (added: readonly RangeSplit[]) => void held.push(...added.map((split) => ({ ...split }))),
        noMoreSplits: () => void (more = false),
        poll(batch: SourceBatch<Reading>): 'more' | 'nothing' | 'end' {
          while (held[0] !== undefined && held[0].from === held[0].to) held.shift();
          const split = held[0];
          if (split === undefined) return more ? 'nothing' : 'end';
          batch.split = split.id;
          while (split.from < split.to && batch.length < batch.capacity) {
            batch.values[batch.length] = make(split.from);
            batch.timestamps[batch.length] = Number.NaN;
            batch.offsets[batch.length] = split.from++;
            batch.length++;
            read?.();
          }
          return 'more';
        },
        available: () => Promise.resolve(),
        snapshot: () => unfinished().map((split) => ({ ...split })),
        activeSplits: () => unfinished().map((split) => split.id),
        close(): void {},
      };
    },
  };
}

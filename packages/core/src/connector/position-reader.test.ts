import { expect, it } from 'vitest';
import { nodePlatform } from '../platform/node/node-platform.js';
import { PositionReader } from './position-reader.js';
import type { ReaderContext, SourceBatch } from './source.js';

it('R40 reads several endless splits in turn, as a rescale to fewer readers leaves them, and passes over paused ones', () => {
  const context = { platform: nodePlatform(), parallelism: 1, requestSplit: () => undefined } as unknown as ReaderContext;
  const reader = new PositionReader({ recordAt: (position) => position, timestampAt: (position) => position }, context);
  reader.addSplits(['a', 'b'].map((id, position) => ({ id, position, end: Infinity, step: 2 })));
  const polled = (): readonly [string, readonly number[]] => {
    const batch = { capacity: 2, length: 0, values: [], timestamps: [], offsets: [], split: '' } as unknown as SourceBatch<number>;
    expect(reader.poll(batch)).toBe('more');
    return [batch.split, [...batch.values.slice(0, batch.length)]];
  };
  expect([polled(), polled(), polled()]).toEqual([['a', [0, 2]], ['b', [1, 3]], ['a', [4, 6]]]);
  reader.pauseSplits(['b'], []);
  expect(polled()).toEqual(['a', [8, 10]]);
  reader.pauseSplits(['a'], ['b']);
  expect([polled(), polled()]).toEqual([['b', [5, 7]], ['b', [9, 11]]]);
  expect(reader.snapshot().map(({ id, position }) => `${id} ${position}`).sort()).toEqual(['a 12', 'b 13']);
  reader.close();
});

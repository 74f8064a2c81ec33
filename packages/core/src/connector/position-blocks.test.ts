import { describe, expect, it } from 'vitest';
import { nodePlatform } from '../platform/node/node-platform.js';
import { t } from '../record/types/t.js';
import { sourceKit } from '../testing/index.js';
import { BlockQueue } from './block-queue.js';
import { blockReader } from './block-reader.test-parts.js';
import { PositionBlocks, type BlockRange } from './position-blocks.js';
import type { PositionSplit } from './position-reader.js';
import type { EnumeratorContext, Source } from './source.js';

/** An enumerator for so many readers, and what it gave: `0:20` is block 20 to reader 0, `0:-` the end. */
function dealing(parallelism: number, range: Partial<BlockRange>, restored?: unknown): { blocks: PositionBlocks; given: string[] } {
  const given: string[] = [];
  const context = {
    parallelism,
    assign: (subtask: number, splits: readonly PositionSplit[]) => given.push(...splits.map(({ position }) => `${subtask}:${position}`)),
    noMoreSplits: (subtask: number) => given.push(`${subtask}:-`),
  } as unknown as EnumeratorContext<PositionSplit>;
  return { blocks: new PositionBlocks(context, restored, { name: 'n', from: 0, end: 45, blockSize: 10, ...range }), given };
}

describe('blocks of positions', () => {
  it('go in order to whoever asks, the last as short as it is', () => {
    const { blocks, given } = dealing(2, {});
    for (const subtask of [0, 1, 0, 0]) blocks.splitRequested(subtask, []);
    expect(given).toEqual(['0:0', '1:10', '0:20', '0:30']);
    expect(blocks.snapshot()).toEqual({ next: 40, returned: [] });
    blocks.splitRequested(1, ['n-10']);
    blocks.splitRequested(0, ['n-30']);
    expect(given.slice(4)).toEqual(['1:40', '0:-']);
    expect(blocks.snapshot().next).toBe(45);
  });

  it('are not given further ahead of another reader than the lead, until it has come further', () => {
    const { blocks, given } = dealing(2, { end: 1000, lead: 2 });
    blocks.splitRequested(1, []);
    blocks.splitRequested(0, []);
    blocks.splitRequested(0, ['n-10']);
    blocks.splitRequested(0, ['n-20']);
    expect(given).toEqual(['1:0', '0:10', '0:20']);
    blocks.splitRequested(1, []);
    expect(given.slice(3)).toEqual(['1:30']);
    blocks.splitRequested(1, ['n-0']);
    expect(given.slice(4)).toEqual(['0:40', '1:50']);
  });

  it('go to readers that all wait with nothing left', () => {
    const { blocks, given } = dealing(2, { end: 1000, lead: 1 });
    for (const subtask of [0, 1, 0, 1, 0]) blocks.splitRequested(subtask, []);
    expect(given).toEqual(['0:0', '1:10', '0:20']);
    blocks.splitRequested(1, ['n-10']);
    blocks.splitRequested(0, ['n-0', 'n-20']);
    expect(given.slice(3)).toEqual(['0:30', '1:40', '0:50']);
  });

  it('go on where the checkpoint was, those that came back first, and count what is before a finished one as finished', () => {
    const first = dealing(1, {});
    first.blocks.splitRequested(0, []);
    first.blocks.splitsReturned([{ id: 'n-0', position: 4, end: 10, step: 1 }]);
    const { blocks, given } = dealing(2, { lead: 1 }, first.blocks.snapshot());
    for (const subtask of [0, 0, 1]) blocks.splitRequested(subtask, []);
    expect(given).toEqual(['0:4', '0:10']);
    blocks.splitRequested(0, ['n-10']);
    expect(given.slice(2)).toEqual(['1:20', '0:30']);
  });
});

describe('what a checkpoint holds', () => {
  it.each([[[]], [[{ id: 'n-0', position: 0, end: 45, step: 2 }]], [7], [null], [{ next: '20', returned: [] }], [{ next: 20 }]])('is refused when it is of another enumerator, which has read part of the range: %j (MR-1508)', (restored) => {
    expect(() => dealing(2, {}, restored)).toThrow('MR-1508');
  });
});

describe('the blocks of a reader', () => {
  const block = (position: number): PositionSplit => ({ id: `n-${position}`, position, end: position + 10, step: 1 });

  it('are asked for when the last is begun, and those that are finished told at once when none is left', () => {
    const asked: (readonly string[])[] = [];
    const queue = new BlockQueue((finished) => asked.push(finished));
    expect([queue.current(), asked]).toEqual([undefined, []]);
    queue.add([block(10), block(0)]);
    expect([queue.current()?.position, queue.active, asked]).toEqual([0, ['n-0'], []]);
    queue.advance(10);
    expect([queue.current()?.position, queue.active, asked]).toEqual([10, ['n-10'], [['n-0']]]);
    queue.advance(15);
    expect([queue.current()?.position, queue.snapshot()]).toEqual([15, [{ ...block(10), position: 15 }]]);
    queue.advance(20);
    expect([queue.current(), queue.current(), queue.active, asked.slice(1)]).toEqual([undefined, undefined, [], [['n-10']]]);
  });

  it('are read in order, but what has begun to its end; after the last there is nothing to ask for', () => {
    const queue = new BlockQueue(() => expect.unreachable());
    queue.add([block(20)]);
    queue.noMore = true;
    queue.current();
    queue.add([block(30), block(10)]);
    const read: unknown[] = [];
    for (let next = queue.current(); next !== undefined; next = queue.current()) {
      read.push(next.position);
      queue.advance(next.end);
    }
    expect(read).toEqual([20, 10, 30]);
  });
});

/** The numbers below 100, in blocks of seven. */
function numbers(): Source<number, PositionSplit> {
  return {
    kind: 'numbers',
    bounded: true,
    replayable: true,
    sharesWork: true,
    type: t.number,
    createEnumerator: (context, restored) => new PositionBlocks(context, restored, { name: 'numbers', from: 0, end: 100, blockSize: 7, lead: 1 }),
    createReader: (context) => blockReader(context, (position) => position),
  };
}

describe('a source of blocks', () => {
  const expected = Array.from({ length: 100 }, (_, position) => position);
  for (const { name, run } of sourceKit({ platform: nodePlatform(), create: numbers as never, expected, textOf: String })) it(name, () => run());
});

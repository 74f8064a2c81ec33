import { describe, expect, it } from 'vitest';
import { barrierElement, type BarrierOptions } from '../record/element.js';
import { barrierArrived, initialAlignment, type AlignmentCommand } from './alignment.js';

const exactly: BarrierOptions = { alignment: 'exactly-once' };
const atLeast: BarrierOptions = { alignment: 'at-least-once' };

function play(channels: number, arrivals: [channel: number, id: number, options?: BarrierOptions][]): AlignmentCommand[][] {
  let state = initialAlignment(channels);
  return arrivals.map(([channel, id, options]) => {
    const next = barrierArrived(state, channel, barrierElement(id, 0, options ?? exactly));
    state = next.state;
    return next.commands;
  });
}

describe('alignment', () => {
  it('takes the snapshot at once with a single channel', () => {
    expect(play(1, [[0, 1]])).toMatchObject([[{ kind: 'unblockAll' }, { kind: 'snapshot', barrier: { checkpointId: 1 } }]]);
  });

  it('blocks each channel until the last barrier is there', () => {
    expect(play(3, [[1, 1], [0, 1], [2, 1]])).toMatchObject([
      [{ kind: 'block', channel: 1 }],
      [{ kind: 'block', channel: 0 }],
      [{ kind: 'unblockAll' }, { kind: 'snapshot', barrier: { checkpointId: 1 } }],
    ]);
  });

  it('blocks nothing in at-least-once mode', () => {
    expect(play(2, [[0, 1, atLeast], [1, 1, atLeast]])).toMatchObject([[], [{ kind: 'unblockAll' }, { kind: 'snapshot' }]]);
  });

  it('gives an unfinished alignment up for a newer barrier and ignores what comes late for the old one', () => {
    expect(play(2, [[0, 1], [0, 2], [1, 1], [1, 2]])).toMatchObject([
      [{ kind: 'block', channel: 0 }],
      [{ kind: 'abort', checkpointId: 1 }, { kind: 'unblockAll' }, { kind: 'block', channel: 0 }],
      [],
      [{ kind: 'unblockAll' }, { kind: 'snapshot', barrier: { checkpointId: 2 } }],
    ]);
  });
});

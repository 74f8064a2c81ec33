import { expect, it } from 'vitest';
import type { JobVertex } from '../graph/job-graph.js';
import { ChainHolds } from './chain-holds.js';
import type { GateInput } from './gate-input.js';

it('holds at its entrance what was held before this was there, and nothing that was released again by then', () => {
  const node = { name: 'join', inputs: 2, holdsInput: 0 };
  const vertex = { operators: [{ node, reads: [] }], entries: [{ operator: 0, input: 0 }, { operator: 0, input: 1 }] } as unknown as JobVertex;
  const held: number[] = [];
  const holds = new ChainHolds(vertex);
  holds.holdInput(0, 0);
  expect(() => holds.releaseInput(0, 1)).toThrow('as often as it was held');
  holds.holdInput(0, 0);
  holds.releaseInput(0, 0);
  holds.bind(undefined, { hold: (entry: number) => void held.push(entry) } as unknown as GateInput);
  expect(held).toEqual([0]);
});

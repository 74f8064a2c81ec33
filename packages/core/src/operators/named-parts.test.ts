import { describe, expect, it } from 'vitest';
import { namedParts } from './named-parts.js';
import type { OperatorInfo } from './operator-context.js';
import { userFailure } from './user-failure.js';

function infoOf(name: string, subtask: number = 0): OperatorInfo {
  return { job: 'sales', name, uid: name, subtask, parallelism: 2, maxParallelism: 128, attempt: 1, definedAt: undefined, check: false };
}

const PARTS = new Map([['total', 1], ['seen', 2]]);

/** The error of a user's function, as an operator makes it. */
function failureOf(info: OperatorInfo, fn: () => void): Error {
  try {
    fn();
  } catch (error) {
    return userFailure(info, 'process', error);
  }
  throw new Error('nothing was thrown');
}

describe('named parts', () => {
  it('have the shape of those of the run before and of the other subtasks', () => {
    const first = namedParts('state', PARTS, infoOf('sums'));
    const others = [namedParts('state', new Map([['total', 3], ['seen', 4]]), infoOf('sums')), namedParts('state', PARTS, infoOf('sums', 1))];
    for (const other of others) expect(Object.getPrototypeOf(other)).toBe(Object.getPrototypeOf(first));
    expect({ ...others[0] }).toEqual({ total: 3, seen: 4 });
    expect({ ...first }).toEqual({ total: 1, seen: 2 });
    expect(Object.isFrozen(first)).toBe(true);
  });

  it('name their own operator and names when another name is asked for', () => {
    const sums = namedParts('state', PARTS, infoOf('sums'));
    const means = namedParts('state', PARTS, infoOf('means'));
    const less = namedParts('state', new Map([['total', 1]]), infoOf('sums'));
    expect(() => sums['totals']).toThrow('"sums" has no state "totals". Did you mean "total"?');
    expect(() => means['other']).toThrow('"means" has no state "other".');
    expect(() => less['seen']).toThrow('"sums" has no state "seen".');
    expect((less as { then?: unknown }).then).toBeUndefined();
  });

  it('say which subtask asked, though the subtasks share what is asked', () => {
    for (const subtask of [0, 1]) {
      const info = infoOf('sums', subtask);
      expect(failureOf(info, () => namedParts('state', PARTS, info)['totals'])).toMatchObject({ where: { job: 'sales', operator: 'sums', subtask } });
    }
  });
});

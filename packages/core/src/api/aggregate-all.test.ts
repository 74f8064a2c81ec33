import { expect, it } from 'vitest';
import { aggregateAll } from './aggregate-all.js';

interface Best {
  value: number;
  seen: number;
}

/** The largest number and how many came with it; as others do, its merge gives the better one of the two back. */
const best = {
  create: (): Best => ({ value: 0, seen: 0 }),
  add(held: Best, value: number): void {
    held.value = Math.max(held.value, value);
    held.seen++;
  },
  merge: (held: Best, other: Best): Best => (other.value > held.value ? other : held),
};

it('leaves the other accumulator alone when the merge of a part gives that part of it back', () => {
  const all = aggregateAll({ best } as never);
  const [total, slice] = [all.create(), all.create()];
  all.add(total, 1);
  all.add(slice, 5);
  all.merge!(total, slice);
  all.add(total, 9);
  expect([all.result!(total), all.result!(slice)]).toEqual([{ best: { value: 9, seen: 2 } }, { best: { value: 5, seen: 1 } }]);
});

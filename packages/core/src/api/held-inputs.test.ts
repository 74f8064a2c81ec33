import { expect, it } from 'vitest';
import type { Operator } from '../operators/operator.js';
import type { Flow } from '../operators/operator-context.js';
import { nodePlatform } from '../platform/node/node-platform.js';
import { t } from '../record/types/t.js';
import { runLocally } from '../runtime/job/local-executor.js';
import { StreamEnvironment } from './environment.js';
import { transform } from './transform.js';

/** Gives what its inputs bring; one of them waits until the other has ended. */
function oneBehindTheOther(held: number): Operator {
  let give: (value: unknown) => void;
  let flow: Flow;
  return {
    recordsIn: 0,
    open(context) {
      give = (value) => context.output.process(value);
      flow = context.flow;
      flow.hold(held);
    },
    input: () => ({ process: (value) => give(value) }),
    inputEnded(input) {
      if (input !== held) flow.release(held);
      return 'done';
    },
  };
}

it.each([0, 1])('an operator that holds its input %i gets it when the other has ended', async (held) => {
  const rows: number[] = [];
  const env = new StreamEnvironment(() => ({ execute: (program, given = {}) => runLocally(program, nodePlatform(), { ...given, resume: 'none' }) }), { parallelism: 1 });
  const [few, more] = [env.fromCollection([1, 2, 3], { type: t.number }), env.fromCollection([10, 20, 30], { type: t.number })];
  transform<number>([few, more], 'one behind the other', { create: () => oneBehindTheOther(held) }, { output: t.number, holdsInput: held }).forEach((row) => void rows.push(row));
  await env.execute('held');
  expect(rows).toEqual(held === 1 ? [1, 2, 3, 10, 20, 30] : [10, 20, 30, 1, 2, 3]);
});

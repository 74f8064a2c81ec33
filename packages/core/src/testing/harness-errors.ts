import { defineError, type ErrorKind } from '../base/errors.js';

/** 2701: a harness was used in a way that cannot work. */
export const HarnessMisused: ErrorKind = defineError({
  code: 'MR-2701',
  title: 'Operator harness used wrongly',
  explanation: 'A call on the operator harness makes no sense at this point: an input that does not exist, a step after the end, or a snapshot while the operator has unfinished work.',
  remedy: 'Check the order of the calls; after asynchronous work call `await harness.settle()` first.',
});

/** 2702: an operator that says it has more, for ever. */
export const OperatorStuck: ErrorKind = defineError({
  code: 'MR-2702',
  title: 'Operator makes no progress',
  explanation: 'The operator answered that it has more to emit, over and over, without emitting anything.',
  remedy: 'Look at its resume method: it must emit at least one result whenever flow.mayEmit() says yes, or say that it is done.',
});

/** 2703: two ways of running the same thing gave different results. */
export const OperatorMatrixMismatch: ErrorKind = defineError({
  code: 'MR-2703',
  title: 'Operator gives other results when it is run another way',
  explanation:
    'The operator matrix runs one script in several ways: in bulk, with output refused, with a snapshot while records flow, restored after every step, at other parallelism. The results must be the same.',
  remedy: 'The message names the way, the step and both results. A difference after a restore is state that is not in the snapshot.',
});

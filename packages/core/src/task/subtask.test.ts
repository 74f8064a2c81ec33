import { expect, it } from 'vitest';
import type { Operator, Receiver } from '../operators/operator.js';
import type { OperatorInfo } from '../operators/operator-context.js';
import { barrierElement } from '../record/element.js';
import type { StateBackend } from '../state/backend.js';
import { harnessNode } from '../testing/harness-nodes.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { FlowControl } from './flow-control.js';
import { TaskMailbox } from './mailbox.js';
import { OperatorChain } from './operator-chain.js';
import { Subtask } from './subtask.js';
import type { InputProgress } from './task-input.js';
import { statelessEnvironment } from './subtask-environment.test-parts.js';

const INFO: OperatorInfo = { job: 'test', name: 'op', uid: 'op', subtask: 0, parallelism: 1, maxParallelism: 128, attempt: 0, definedAt: undefined, check: true };

/** A subtask over one operator; what happens is noted in order. */
function rig(operator: Partial<Operator> = {}): { subtask: Subtask; happened: string[]; input: { hasPartialBatch: boolean; isShared: boolean; readonly runs: number; found: InputProgress }; chain: OperatorChain; flow: FlowControl; platform: SimulatedPlatform } {
  const happened: string[] = [];
  const platform = new SimulatedPlatform({ seed: 1 });
  const flow = new FlowControl(platform.clock, 1);
  const receiver: Receiver = { process: () => {} };
  const noted: Operator = { recordsIn: 0, open: () => {}, input: () => receiver, finish: () => (happened.push('finish'), 'done'), ...operator };
  const chain = new OperatorChain([harnessNode(0, noted, INFO, -Infinity)], [], flow);
  const input = { recordsIn: 0, pauseAtBatchEnd: false, hasPartialBatch: false, readsChannels: false, isShared: false, runs: 0, found: 'nothing' as InputProgress, run: (): InputProgress => (input.runs++, input.found), queue: () => ({ bytes: 0, batches: 0, usage: 0 }), currentPlace: () => ({}) };
  const environment = statelessEnvironment(platform, happened);
  const sourceSnapshot = (checkpointId: number): { uid: string; splits: unknown[] } => (happened.push(`snapshot ${checkpointId}`), { uid: 'op', splits: [] });
  return { subtask: new Subtask({ name: 'op', environment, chain, flow, mailbox: new TaskMailbox(() => {}), input, sourceSnapshot }), happened, input, chain, flow, platform };
}

const barrier = (id: number): ReturnType<typeof barrierElement> => barrierElement(id, 0, { alignment: 'exactly-once' });

it('keeps splits that come behind a barrier out of its snapshot', () => {
  const { subtask, happened, input } = rig();
  input.hasPartialBatch = true;
  subtask.triggerCheckpoint(barrier(1));
  subtask.inOrderWithBarriers(() => happened.push('split'));
  subtask.step(Infinity, 1);
  expect(happened).toEqual([]);
  input.hasPartialBatch = false;
  subtask.step(Infinity, 2);
  subtask.step(Infinity, 3);
  expect(happened).toEqual(['snapshot 1', 'split', 'acknowledged 1']);
  subtask.inOrderWithBarriers(() => happened.push('at once'));
  expect(happened.at(-1)).toBe('at once');
});

it('takes one snapshot after the other, and gives only the running one up', () => {
  const { subtask, happened } = rig();
  subtask.triggerCheckpoint(barrier(1));
  subtask.step(Infinity, 1);
  subtask.abortCheckpoint(7);
  subtask.triggerCheckpoint(barrier(2));
  subtask.step(Infinity, 2);
  subtask.step(Infinity, 3);
  expect(happened).toEqual(['snapshot 1', 'acknowledged 1', 'snapshot 2', 'acknowledged 2']);
  subtask.triggerCheckpoint(barrier(3));
  subtask.step(Infinity, 4);
  subtask.abortCheckpoint(3);
  subtask.step(Infinity, 5);
  expect(happened.at(-1)).toBe('snapshot 3');
});

it('lets results that are due come before the bytes of a snapshot, but not for long', () => {
  const { subtask, happened, chain, platform } = rig({ processingTime: () => 'more', resume: () => 'more' });
  subtask.triggerCheckpoint(barrier(1));
  subtask.step(Infinity, 1);
  chain.wakeAt(chain.head, 5);
  subtask.step(Infinity, 5);
  subtask.step(Infinity, 6);
  expect(happened).toEqual(['snapshot 1']);
  platform.advanceNow(10);
  subtask.step(Infinity, 16);
  expect(happened).toEqual(['snapshot 1', 'acknowledged 1']);
});

/** Gives the only operator state whose snapshot takes `slices` slices, each of a millisecond; tells how many it has had. */
function stateOfSlices({ chain, platform }: ReturnType<typeof rig>, slices: number): { had: number } {
  const state = { had: 0 };
  const run = { advance: () => (platform.advanceNow(1), ++state.had < slices ? 'more' : 'done'), result: () => ({ operatorUid: 'op', keyGroups: [] }), cancel: () => {} };
  chain.head.backend = { beginSnapshot: () => run, maintain: () => 'done' } as unknown as StateBackend;
  return state;
}

/** Begins checkpoint 1, and lets a step go by. */
function checkpointOfSlices(rigged: ReturnType<typeof rig>, slices: number): { had: number } {
  const state = stateOfSlices(rigged, slices);
  rigged.subtask.triggerCheckpoint(barrier(1));
  rigged.subtask.step(Infinity, 1);
  return state;
}

/** Steps, each of which works on records or results for 4 ms, until checkpoint 1 is acknowledged. */
function stepsUnderWork({ subtask, happened, platform }: ReturnType<typeof rig>): number {
  let steps = 0;
  for (; !happened.includes('acknowledged 1'); steps++) {
    platform.advanceNow(4);
    expect(subtask.step(Infinity, 10 + steps)).toBe('more');
  }
  return steps;
}

it('writes a snapshot in time that nobody else wants, and says so', () => {
  const rigged = rig();
  const state = stateOfSlices(rigged, 20);
  rigged.subtask.triggerCheckpoint(barrier(1));
  const results = Array.from({ length: 22 }, (_, at) => rigged.subtask.step(Infinity, at));
  expect([state.had, rigged.happened.at(-1)]).toEqual([20, 'acknowledged 1']);
  expect(results).toEqual(['more', ...Array.from({ length: 19 }, () => 'spare'), 'waiting', 'waiting']);
});

it.each(['records', 'results'])('lets %s that wait come first, and still comes to the end of a snapshot though there are always more', (what) => {
  const rigged = rig({ processingTime: () => 'more', resume: () => 'more' });
  const state = checkpointOfSlices(rigged, 100);
  if (what === 'records') rigged.input.found = 'more';
  else rigged.chain.wakeAt(rigged.chain.head, 5);
  for (let step = 0; step < 10; step++) {
    rigged.platform.advanceNow(4);
    rigged.subtask.step(Infinity, 10 + step);
  }
  // 40 ms of records and results, 10 ms of which would have been the snapshot's before.
  expect(state.had).toBeLessThanOrEqual(5);
  // Half a second in which it gets more and more, then a slice in every step.
  expect(stepsUnderWork(rigged)).toBeLessThan(500 / 4 + 100);
});

it('writes a snapshot while somebody behind it is slow', () => {
  const rigged = rig();
  const state = checkpointOfSlices(rigged, 20);
  rigged.input.found = 'more';
  rigged.flow.outputBlocked();
  for (let step = 0; step < 20; step++) rigged.subtask.step(Infinity, 10 + step);
  expect([state.had, rigged.happened.at(-1)]).toEqual([20, 'acknowledged 1']);
});

it('lets the work of other subtasks in its thread come first, too', () => {
  const rigged = rig();
  const state = checkpointOfSlices(rigged, 100);
  let steps = 0;
  for (; !rigged.happened.includes('acknowledged 1'); steps++) {
    rigged.platform.advanceNow(4);
    rigged.subtask.step(Infinity, 10 + steps, true);
    if (steps === 10) expect(state.had).toBeLessThanOrEqual(5);
  }
  expect(steps).toBeLessThan(500 / 4 + 100);
});

it('gives a snapshot time in every step when the next barrier waits for its end', () => {
  const rigged = rig();
  const state = checkpointOfSlices(rigged, 20);
  rigged.input.found = 'more';
  rigged.subtask.triggerCheckpoint(barrier(2));
  expect(stepsUnderWork(rigged)).toBe(20);
  expect(state.had).toBe(20);
});

it('R41 a stop without drain finishes only operators that ask for it', () => {
  for (const [operator, drained, expected] of [
    [{}, false, []],
    [{ finishesOnStop: true }, false, ['finish']],
    [{}, true, ['finish']],
  ] as const) {
    const { subtask, happened, input, chain } = rig(operator);
    if (drained) chain.advanceWatermark(Infinity);
    input.found = 'end';
    subtask.step(Infinity, 1);
    subtask.step(Infinity, 2);
    expect(subtask.hasEnded).toBe(true);
    expect(happened).toEqual(expected);
  }
});

const stopping = (id: number): ReturnType<typeof barrierElement> => barrierElement(id, 0, { alignment: 'exactly-once', savepoint: { then: 'stop', drain: false } });

/** A subtask with a timer for 5 of processing time, which has passed the barrier of the savepoint 1 that the job stops with. */
function standing(): ReturnType<typeof rig> {
  const rigged = rig({ processingTime: () => (rigged.happened.push('timer'), 'done'), checkpointComplete: (id) => void rigged.happened.push(`complete ${id}`) });
  rigged.chain.wakeAt(rigged.chain.head, 5);
  rigged.subtask.triggerCheckpoint(stopping(1));
  rigged.subtask.step(Infinity, 1);
  rigged.subtask.step(Infinity, 2);
  expect(rigged.happened).toEqual(['snapshot 1', 'acknowledged 1']);
  return rigged;
}

it('leaves a source whose work is shared while others wait, for 30 ms at the most and not before a barrier', async () => {
  const { subtask, input, happened, platform } = rig();
  input.isShared = true;
  input.found = 'more';
  await platform.advance(100);
  expect([subtask.step(Infinity, 1, true), input.runs]).toEqual(['more', 1]);
  expect([subtask.step(Infinity, 1, true), input.runs]).toEqual(['more', 1]);
  expect([subtask.step(Infinity, 1), input.runs]).toEqual(['more', 2]);
  await platform.advance(29);
  expect([subtask.step(Infinity, 1, true), input.runs]).toEqual(['more', 2]);
  await platform.advance(1);
  expect([subtask.step(Infinity, 1, true), input.runs]).toEqual(['more', 3]);
  input.hasPartialBatch = true;
  subtask.triggerCheckpoint(barrier(1));
  expect([subtask.step(Infinity, 1, true), input.runs]).toEqual(['more', 4]);
  input.hasPartialBatch = false;
  subtask.step(Infinity, 1, true);
  expect([happened, input.runs]).toEqual([['snapshot 1'], 4]);
});

it('calls an operator for its time though each record leaves it unfinished work', () => {
  const times: number[] = [];
  const rigged = rig({ processingTime: (now) => (times.push(now), 'done'), resume: () => 'done' });
  const { subtask, input, chain, flow } = rigged;
  Object.assign(input, { run: () => (flow.setBacklog(0, true), 'more') });
  chain.wakeAt(chain.head, 5);
  for (let now = 1; now < 20; now++) subtask.step(Infinity, now);
  expect(times).toEqual([5]);
});

it('does not go on to its input when what was due leaves something', () => {
  const rigged = rig({ processingTime: () => 'more', resume: () => 'done' });
  const { subtask, input, chain, flow } = rigged;
  flow.setBacklog(0, true);
  chain.wakeAt(chain.head, 5);
  expect([subtask.step(Infinity, 6), input.runs, flow.deepestBacklog]).toEqual(['more', 0, 0]);
  expect([subtask.step(Infinity, 7), input.runs, flow.deepestBacklog]).toEqual(['waiting', 1, -1]);
});

it.each(['blocked', 'held', 'unfinished'])('R21 tells a source that is not read because the chain is %s, whose silence does not count then', (why) => {
  const { subtask, input, flow } = rig({ resume: () => 'more' });
  let toldTimes = 0;
  Object.assign(input, { standBack: () => void toldTimes++ });
  subtask.step(Infinity, 1);
  expect(toldTimes).toBe(0);
  if (why === 'blocked') flow.outputBlocked();
  else if (why === 'held') flow.hold();
  else flow.setBacklog(0, true);
  subtask.step(Infinity, 2);
  expect([toldTimes, input.runs]).toEqual([1, 1]);
});

it('R21 tells a source that stands back, whose silence does not count then', () => {
  const { subtask, input } = rig();
  let toldTimes = 0;
  Object.assign(input, { isShared: true, found: 'more', standBack: () => void toldTimes++ });
  subtask.step(Infinity, 1);
  expect(toldTimes).toBe(0);
  subtask.step(Infinity, 1, true);
  expect(toldTimes).toBe(1);
});

it('gives a source that others went before a whole slice after those 30 ms, not the few records for which a turn had room at its end', async () => {
  const { subtask, input, platform } = rig();
  input.isShared = true;
  input.found = 'more';
  await platform.advance(100);
  const now = platform.clock.monotonicMs();
  expect([subtask.step(now, 1, true), input.runs]).toEqual(['more', 1]);
  expect([subtask.step(now + 2, 1, true), input.runs]).toEqual(['more', 2]);
  expect([subtask.step(now + 2, 1, true), input.runs]).toEqual(['more', 2]);
});

it('leaves no other input because others wait', () => {
  const { subtask, input } = rig();
  input.found = 'more';
  subtask.step(Infinity, 1, true);
  subtask.step(Infinity, 1, true);
  expect(input.runs).toBe(2);
});

it('R41 fires no timer between the savepoint that the job stops with and the end, and ends when it is complete', () => {
  const { subtask, happened } = standing();
  expect([subtask.step(Infinity, 9), subtask.nextWake, subtask.hasEnded]).toEqual(['waiting', Infinity, false]);
  subtask.checkpointComplete(1);
  expect(subtask.step(Infinity, 10)).toBe('ended');
  expect([happened.at(-1), subtask.hasEnded, subtask.isSettled]).toEqual(['complete 1', true, true]);
  expect(happened).not.toContain('timer');
});

it('R41 goes on where it stood when the savepoint is given up', () => {
  const { subtask, happened } = standing();
  subtask.step(Infinity, 9);
  subtask.abortCheckpoint(1);
  expect(subtask.nextWake).toBe(5);
  subtask.step(Infinity, 10);
  expect([happened.at(-1), subtask.hasEnded]).toEqual(['timer', false]);
});

it('R41 does not stand still for a savepoint that was given up before its barrier came', () => {
  const { subtask, input } = rig();
  subtask.abortCheckpoint(1);
  subtask.triggerCheckpoint(stopping(1));
  subtask.step(Infinity, 1);
  input.found = 'end';
  subtask.step(Infinity, 2);
  subtask.step(Infinity, 3);
  expect(subtask.hasEnded).toBe(true);
});

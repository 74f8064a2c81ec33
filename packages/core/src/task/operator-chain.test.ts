import { expect, it } from 'vitest';
import type { WatermarkGenerator } from '../functions/watermark-strategy.js';
import { customWatermarks } from '../functions/watermark-strategies.js';
import { flatMapOperator } from '../operators/flat-map.js';
import type { Operator, Progress, Receiver } from '../operators/operator.js';
import type { OperatorInfo } from '../operators/operator-context.js';
import { timestampsAndWatermarksOperator } from '../operators/timestamps-and-watermarks.js';
import { harnessNode } from '../testing/harness-nodes.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { FlowControl } from './flow-control.js';
import { OperatorChain } from './operator-chain.js';

const INFO: OperatorInfo = { job: 'test', name: 'op', uid: 'op', subtask: 0, parallelism: 1, maxParallelism: 128, attempt: 0, definedAt: undefined, check: true };

/** Leaves work behind when told to, and notes what it is called with. */
class Noting implements Operator, Receiver {
  recordsIn = 0;
  readonly calls: string[] = [];
  left: Progress = 'done';

  open(): void {}

  input(): Receiver {
    return this;
  }

  process(): void {}

  advance(watermark: number): Progress {
    this.calls.push(`watermark ${watermark}`);
    return this.left;
  }

  processingTime(now: number): Progress {
    this.calls.push(`time ${now}`);
    return 'done';
  }

  resume(): Progress {
    this.calls.push('resume');
    return 'done';
  }
}

function chainOf(...operators: Operator[]): { chain: OperatorChain; flow: FlowControl; nodes: ReturnType<typeof harnessNode>[] } {
  const flow = new FlowControl({ now: () => 0, monotonicMs: () => 0 }, operators.length);
  flow.beginTurn(10);
  const nodes = operators.map((operator, index) => harnessNode(index, operator, INFO, -Infinity));
  nodes.forEach((node, index) => node.children.push(...nodes.slice(index + 1, index + 2).map((next) => ({ node: next, input: 0, counter: next.operator }))));
  return { chain: new OperatorChain(nodes, [], flow), flow, nodes };
}

it('R17 lets no watermark overtake the results that an operator in front of it still has to give', async () => {
  const perRecord = customWatermarks<number>((): WatermarkGenerator<number> => ({ onEvent: (_value, timestamp, output) => output.emitWatermark(timestamp) }), (value) => value);
  const several = flatMapOperator(function* (value: number) {
    for (let i = 0; i < 4; i++) yield `${value}.${i}`;
  } as never);
  const harness = await OperatorHarness.open([timestampsAndWatermarksOperator(perRecord), several], { refuseOutput: true });
  const base = 1_700_000_000_000;
  harness.element(base);
  expect(harness.events.map((event) => (event.kind === 'record' ? event.value : event.kind))).toEqual([`${base}.0`, `${base}.1`, `${base}.2`, `${base}.3`, 'watermark']);
});

it('keeps a watermark that comes while an operator is not done with the one before, and passes both on in order', () => {
  const [first, second] = [new Noting(), new Noting()];
  const { chain, flow } = chainOf(first, second);
  first.left = 'more';
  chain.advanceWatermark(5);
  first.left = 'done';
  chain.advanceWatermark(9);
  expect([first.calls, second.calls, flow.deepestBacklog]).toEqual([['watermark 5'], [], 0]);
  expect(chain.resume()).toBe('done');
  expect([first.calls, second.calls]).toEqual([['watermark 5', 'resume', 'watermark 9'], ['watermark 5', 'watermark 9']]);
});

it('does not call an operator for its time while it has unfinished work, but those beside it', () => {
  const [busy, free] = [new Noting(), new Noting()];
  const { chain, flow, nodes } = chainOf(busy, free);
  chain.wakeAt(nodes[0]!, 5);
  chain.wakeAt(nodes[1]!, 6);
  flow.setBacklog(0, true);
  chain.advanceProcessingTime(10);
  expect([busy.calls, free.calls]).toEqual([[], ['time 10']]);
  expect(chain.nextWake).toBe(Infinity);
  chain.resume();
  expect(chain.nextWake).toBe(5);
  chain.advanceProcessingTime(11);
  expect(busy.calls).toEqual(['resume', 'time 11']);
});

it('does not call an operator for its time while one behind it has unfinished work, unless it only counts time or waits for it', () => {
  const [before, counting, busy] = [new Noting(), new Noting(), new Noting()];
  Object.assign(counting, { takesTimeUnfinished: true });
  const { chain, flow, nodes } = chainOf(before, counting, busy);
  for (const node of nodes) chain.wakeAt(node, 5);
  flow.setBacklog(2, true);
  chain.advanceProcessingTime(10);
  expect([before.calls, counting.calls, busy.calls]).toEqual([[], ['time 10'], []]);
  expect(chain.nextWake).toBe(Infinity);
  chain.resume();
  expect(chain.nextWake).toBe(5);
  chain.advanceProcessingTime(11);
  expect([before.calls, counting.calls, busy.calls]).toEqual([['time 11'], ['time 10'], ['resume', 'time 11']]);
});

it('calls an operator for its time when unfinished work behind it waits for mail only, at its end', () => {
  const [before, waiting] = [new Noting(), new Noting()];
  const { chain, flow, nodes } = chainOf(before, waiting);
  Object.assign(waiting, { resume: () => 'waiting' });
  chain.wakeAt(nodes[0]!, 5);
  flow.setBacklog(1, true);
  chain.advanceProcessingTime(3);
  chain.advanceProcessingTime(6);
  chain.resume();
  expect(chain.nextWake).toBe(5);
});

it('lets no status overtake unfinished work either, nor a watermark of a stream that is idle again by then', () => {
  const [first, second] = [new Noting(), new Noting()];
  const { chain } = chainOf(first, second);
  const told: string[] = second.calls;
  Object.assign(second, { statusChanged: (idle: boolean) => told.push(idle ? 'idle' : 'active') });
  first.left = 'more';
  chain.advanceWatermark(5);
  chain.changeStatus(true);
  expect(told).toEqual([]);
  first.left = 'done';
  chain.resume();
  expect(told).toEqual(['watermark 5', 'idle']);
  first.left = 'more';
  chain.changeStatus(false);
  chain.advanceWatermark(6);
  chain.changeStatus(true);
  chain.changeStatus(false);
  chain.advanceWatermark(7);
  first.left = 'done';
  chain.resume();
  expect(told).toEqual(['watermark 5', 'idle', 'active', 'watermark 6', 'watermark 7']);
});

it('R20 finishes an operator when all of its inputs have ended and tells those behind it, which go on with the event time of their others', () => {
  const [source, before, both, behind] = [new Noting(), new Noting(), new Noting(), new Noting()];
  const { chain, nodes } = chainOf(source, before, both, behind);
  for (const [index, operator] of [before, both, behind].entries()) {
    Object.assign(operator, {
      inputEnded: (input: number, drained: boolean) => (operator.calls.push(`end ${input} ${drained}`), 'done'),
      finish: () => (operator.calls.push('finish'), index === 0 ? 'more' : 'done'),
    });
  }
  const joining = nodes[2]!;
  joining.merger = chain.mergerOf(joining, 2);
  joining.openInputs = 2;
  before.left = 'more';
  chain.advanceWatermark(Infinity);
  chain.sourceEnded();
  expect([chain.isEnding, chain.finishEnded(() => true), both.calls]).toEqual([true, 'more', []]);
  before.left = 'done';
  chain.resume();
  expect([chain.finishEnded(() => true), before.calls, both.calls]).toEqual(['more', ['watermark Infinity', 'resume', 'end 0 true', 'finish'], []]);
  chain.resume();
  expect([chain.finishEnded(() => true), chain.isEnding]).toEqual(['done', false]);
  expect(both.calls).toEqual(['end 0 true']);
  chain.advanceWatermark(7, { node: joining, input: 1 });
  chain.changeStatus(true, { node: joining, input: 1 });
  expect([both.calls, behind.calls]).toEqual([['end 0 true', 'watermark 7'], ['watermark 7']]);
  chain.advanceWatermark(Infinity, { node: joining, input: 1 });
  chain.inputEnded(1, true, joining);
  expect(chain.finishEnded(() => true)).toBe('done');
  expect([both.calls.slice(2), behind.calls.slice(1)]).toEqual([['watermark Infinity', 'end 1 true', 'finish'], ['watermark Infinity', 'end 0 true', 'finish']]);
  expect(chain.finish(() => true)).toBe('done');
  expect(behind.calls.filter((call) => call === 'finish')).toHaveLength(1);
});

it('R19 merges event time, idleness and the end of what feeds an operator with several inputs', () => {
  const [source, left, right, both] = [new Noting(), new Noting(), new Noting(), new Noting()];
  const told = both.calls;
  Object.assign(both, { statusChanged: (idle: boolean) => told.push(idle ? 'idle' : 'active'), inputEnded: (input: number, drained: boolean) => (told.push(`end ${input} ${drained}`), 'done') });
  const { chain, flow, nodes } = chainOf(source, left, right, both);
  const [first, second, third, last] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
  const link = (node: (typeof nodes)[0], input = 0): (typeof first.children)[0] => ({ node, input, counter: node.operator });
  first.children = [link(second), link(third)];
  second.children = [link(last, 0)];
  third.children = [link(last, 1)];
  last.merger = chain.mergerOf(last, 2);
  left.left = 'more';
  chain.advanceWatermark(5);
  expect(told).toEqual([]);
  chain.resume();
  expect(told).toEqual(['watermark 5']);
  left.left = 'done';
  chain.changeStatus(true);
  chain.changeStatus(false);
  expect(told).toEqual(['watermark 5', 'idle', 'active']);
  chain.advanceWatermark(Infinity);
  expect(chain.finish(() => true)).toBe('done');
  expect([told.slice(3), flow.deepestBacklog]).toEqual([['watermark Infinity', 'end 0 true', 'end 1 true'], -1]);
});

it('tells an operator that reads another one twice of the second end only when it has worked off the first', () => {
  const [source, both] = [new Noting(), new Noting()];
  const { chain, flow, nodes } = chainOf(source, both);
  const node = nodes[1]!;
  nodes[0]!.children = [0, 1].map((input) => ({ node, input, counter: both }));
  node.merger = chain.mergerOf(node, 2);
  node.openInputs = 2;
  Object.assign(both, { inputEnded: (input: number) => (both.calls.push(`end ${input}`), 'more'), finish: () => (both.calls.push('finish'), 'done') });
  chain.advanceWatermark(Infinity);
  chain.sourceEnded();
  expect(chain.finishEnded(() => true)).toBe('more');
  expect(both.calls).toEqual(['watermark Infinity', 'end 0']);
  chain.resume();
  expect([both.calls.slice(2), flow.deepestBacklog]).toEqual([['resume', 'end 1', 'resume'], -1]);
  expect([chain.finishEnded(() => true), both.calls.at(-1), node.phase]).toEqual(['done', 'finish', 'finished']);
});

import { expect, it } from 'vitest';
import { CurrentRecord } from '../operators/current-record.js';
import { plainBatchLoop } from '../operators/fusion/batch-loop.js';
import { BatchPlace } from '../operators/fusion/record-loop.js';
import type { Operator, Receiver } from '../operators/operator.js';
import type { OperatorInfo } from '../operators/operator-context.js';
import type { SourceHead } from '../operators/source-head.js';
import { barrierElement, END_OF_INPUT, type BarrierElement, type BarrierOptions } from '../record/element.js';
import { LocalChannel } from '../runtime/channel/local-channel.js';
import { harnessNode } from '../testing/harness-nodes.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { FlowControl } from './flow-control.js';
import { GateInput } from './gate-input.js';
import { TaskMailbox } from './mailbox.js';
import { OperatorChain } from './operator-chain.js';
import { SourceAndGateInput } from './source-and-gate-input.js';
import { SourceInput } from './source-input.js';
import { Subtask } from './subtask.js';
import { statelessEnvironment } from './subtask-environment.test-parts.js';

const INFO: OperatorInfo = { job: 'test', name: 'op', uid: 'op', subtask: 0, parallelism: 1, maxParallelism: 128, attempt: 0, definedAt: undefined, check: true };

interface Rig {
  readonly subtask: Subtask;
  readonly source: SourceInput;
  readonly gate: GateInput;
  readonly channels: readonly [LocalChannel, LocalChannel];
  readonly happened: string[];
  /** What the source has to give; each is a batch. The word `end` is its end. */
  readonly given: string[];
  send(channel: LocalChannel, value: string): void;
  step(): void;
}

/** A source that gives what lies in `given`. */
function sourceOf(given: string[], happened: string[]): SourceHead {
  let current: string | undefined;
  let stopped = false;
  const head: Partial<SourceHead> = {
    recordsIn: 0,
    open: () => {},
    input: () => ({ process: () => {} }),
    poll: () => {
      if (stopped || given[0] === 'end') return 'end';
      current = given.shift();
      return current === undefined ? 'nothing' : 'more';
    },
    run: () => {
      happened.push(current as string);
      current = undefined;
      return true;
    },
    available: () => new Promise(() => {}),
    heldBack: () => void happened.push('held back'),
    stop: () => void (stopped = true),
    end: () => void happened.push('final watermark'),
    currentPlace: () => ({ source: 'op' }),
  };
  return Object.defineProperty(head, 'hasPartialBatch', { get: () => current !== undefined }) as SourceHead;
}

/** A subtask with a source and two channels; what it does is noted in order. */
function rig(): Rig {
  const happened: string[] = [];
  const given: string[] = [];
  const platform = new SimulatedPlatform({ seed: 1 });
  const flow = new FlowControl(platform.clock, 1);
  const receiver: Receiver = { process: (value) => void happened.push(String(value)) };
  const operator: Operator = { recordsIn: 0, open: () => {}, input: () => receiver };
  const node = harnessNode(0, operator, INFO, -Infinity);
  // Its reader, and the input that both channels lead to.
  node.openInputs = 2;
  const chain = new OperatorChain([node], [], flow);
  const mailbox = new TaskMailbox(() => {});
  const channels = [new LocalChannel(8, undefined), new LocalChannel(8, undefined)] as const;
  const place = new BatchPlace();
  const environment = statelessEnvironment(platform, happened);
  const source = new SourceInput(sourceOf(given, happened), chain, flow, mailbox);
  const gate = new GateInput({
    channels: channels.map((reader) => ({ reader, entry: 0 })), entries: [{ node, input: 0, loop: plainBatchLoop({ receiver, record: new CurrentRecord(), place }), partialLoop: undefined }],
    place, chain, flow, awaitsSource: true,
    hooks: { barrierSeen: (barrier) => subtask.barrierSeen(barrier), aligning: () => {}, wake: () => {}, onBarrier: (barrier) => subtask.takeSnapshot(barrier) },
  });
  const sourceSnapshot = (checkpointId: number): { uid: string; splits: unknown[] } => (happened.push(`snapshot ${checkpointId}`), { uid: 'op', splits: [] });
  const subtask: Subtask = new Subtask({ name: 'op', environment, chain, flow, mailbox, input: new SourceAndGateInput(source, gate, flow), sourceSnapshot });
  let now = 0;
  return {
    subtask, source, gate, channels, happened, given,
    send: (channel, value) => {
      const batch = channel.newBatch();
      batch.append(value, 0);
      channel.sendBatch(batch);
    },
    // Several turns, so that a snapshot that began is also acknowledged.
    step: () => {
      for (let turn = 0; turn < 4; turn++) subtask.step(Infinity, ++now);
    },
  };
}

const barrier = (id: number, options: Partial<BarrierOptions> = {}): BarrierElement => barrierElement(id, 0, { alignment: 'exactly-once', ...options });

it('takes the snapshot when the coordinator has told the source and all channels have brought the barrier; the source goes on until then', () => {
  const { subtask, channels: [a, b], happened, given, send, step } = rig();
  subtask.triggerCheckpoint(barrier(1));
  given.push('s1');
  a.send(barrier(1));
  send(a, 'a2');
  step();
  expect(happened).toEqual(['s1']);
  given.push('s2');
  send(b, 'b1');
  step();
  b.send(barrier(1));
  step();
  expect(happened).toEqual(['s1', 's2', 'b1', 'snapshot 1', 'acknowledged 1', 'a2']);
});

it('holds back what channels bring behind their barrier until the coordinator has told the source', () => {
  const { subtask, channels, happened, given, send, step } = rig();
  for (const channel of channels) {
    channel.send(barrier(1));
    send(channel, 'behind');
  }
  given.push('s1');
  step();
  expect(happened).toEqual(['s1']);
  subtask.triggerCheckpoint(barrier(1));
  step();
  expect(happened).toEqual(['s1', 'snapshot 1', 'acknowledged 1', 'behind', 'behind']);
});

it('keeps splits that come behind the trigger out of the snapshot, however long channels take', () => {
  const { subtask, channels, happened, step } = rig();
  subtask.triggerCheckpoint(barrier(1));
  subtask.inOrderWithBarriers(() => happened.push('split'));
  step();
  expect([happened, subtask.isSettled]).toEqual([[], false]);
  for (const channel of channels) channel.send(barrier(1));
  step();
  expect(happened).toEqual(['snapshot 1', 'split', 'acknowledged 1']);
});

it('gives up a barrier that channels have passed over for a newer one', () => {
  const { subtask, channels: [a, b], happened, step } = rig();
  subtask.triggerCheckpoint(barrier(1));
  subtask.inOrderWithBarriers(() => happened.push('split'));
  a.send(barrier(1));
  step();
  subtask.abortCheckpoint(1);
  subtask.triggerCheckpoint(barrier(2));
  a.send(barrier(2));
  b.send(barrier(2));
  step();
  expect(happened).toEqual(['split', 'snapshot 2', 'acknowledged 2']);
});

it('R41 reads nothing behind the barrier of the savepoint that the job stops with', () => {
  const { subtask, channels, happened, given, step } = rig();
  const stop = barrier(1, { savepoint: { then: 'stop', drain: false } });
  subtask.triggerCheckpoint(stop);
  step();
  given.push('s1');
  for (const channel of channels) channel.send(stop);
  given.push('s2', 's3');
  step();
  step();
  const taken = happened.indexOf('snapshot 1');
  expect(happened.slice(taken)).toEqual(['snapshot 1', 'acknowledged 1']);
  expect(given.length).toBe(3 - taken);
});

it('ends when both have ended, and still takes part in checkpoints', () => {
  const { subtask, channels, happened, given, send, step } = rig();
  given.push('s1', 'end');
  step();
  expect([happened, subtask.hasEnded]).toEqual([['s1', 'final watermark'], false]);
  for (const channel of channels) {
    send(channel, 'late to the party');
    channel.send(END_OF_INPUT);
  }
  step();
  expect(subtask.hasEnded).toBe(true);
  subtask.triggerCheckpoint(barrier(7));
  for (const channel of channels) channel.send(barrier(7));
  step();
  expect(happened.slice(-2)).toEqual(['snapshot 7', 'acknowledged 7']);
});

it('reads only the channels while an operator holds the source, unless that was stopped', () => {
  const { source, channels: [a], subtask, happened, given, send, step } = rig();
  source.hold();
  given.push('s1');
  send(a, 'a1');
  step();
  expect(happened).toEqual(['held back', 'a1']);
  source.release();
  step();
  expect(happened.at(-1)).toBe('s1');
  source.hold();
  source.stop(false);
  given.push('never read');
  for (const channel of [a]) channel.send(END_OF_INPUT);
  step();
  expect([happened.includes('never read'), subtask.hasEnded]).toEqual([false, false]);
});

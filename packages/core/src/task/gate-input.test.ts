import { expect, it } from 'vitest';
import { CurrentRecord } from '../operators/current-record.js';
import { plainBatchLoop } from '../operators/fusion/batch-loop.js';
import { BatchPlace } from '../operators/fusion/record-loop.js';
import type { Operator, Receiver } from '../operators/operator.js';
import type { OperatorInfo } from '../operators/operator-context.js';
import { barrierElement, type BarrierOptions } from '../record/element.js';
import { LocalChannel } from '../runtime/channel/local-channel.js';
import { harnessNode } from '../testing/harness-nodes.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { FlowControl } from './flow-control.js';
import { GateInput } from './gate-input.js';
import { OperatorChain } from './operator-chain.js';

const INFO: OperatorInfo = { job: 'test', name: 'op', uid: 'op', subtask: 0, parallelism: 1, maxParallelism: 128, attempt: 0, definedAt: undefined, check: true };

/** A gate over two channels; what it does is noted in order. */
function rig(): { gate: GateInput; channels: readonly [LocalChannel, LocalChannel]; happened: string[]; send(channel: LocalChannel, value: string): void } {
  const happened: string[] = [];
  const { clock } = new SimulatedPlatform({ seed: 1 });
  const flow = new FlowControl(clock, 1);
  flow.beginTurn(Infinity);
  const receiver: Receiver = { process: (value) => void happened.push(String(value)) };
  const operator: Operator = { recordsIn: 0, open: () => {}, input: () => receiver };
  const node = harnessNode(0, operator, INFO, -Infinity);
  const chain = new OperatorChain([node], [], flow);
  const channels = [new LocalChannel(8, undefined), new LocalChannel(8, undefined)] as const;
  const place = new BatchPlace();
  const loop = plainBatchLoop({ receiver, record: new CurrentRecord(), place });
  const gate = new GateInput({
    channels: channels.map((reader) => ({ reader, entry: 0 })), entries: [{ node, input: 0, loop, partialLoop: undefined }], place, chain, flow, awaitsSource: false,
    hooks: { barrierSeen: () => {}, aligning: () => {}, wake: () => {}, onBarrier: ({ checkpointId }) => void happened.push(`snapshot ${checkpointId}`) },
  });
  const send = (channel: LocalChannel, value: string): void => {
    const batch = channel.newBatch();
    batch.append(value, 0);
    channel.sendBatch(batch);
  };
  return { gate, channels, happened, send };
}

const MODES: readonly (readonly [BarrierOptions['alignment'], readonly string[]])[] = [
  ['exactly-once', ['a1', 'b1', 'b2', 'snapshot 1', 'a2']],
  // What has overtaken the barrier of the other channel is in the snapshot, and comes again after a restore.
  ['at-least-once', ['a1', 'b1', 'a2', 'b2', 'snapshot 1']],
];

it.each(MODES)('waits for the barriers of all channels, and reads on in the meantime only where it may: %s', (alignment, expected) => {
  const { gate, channels, happened, send } = rig();
  const [a, b] = channels;
  send(a, 'a1');
  send(b, 'b1');
  a.send(barrierElement(1, 0, { alignment }));
  send(a, 'a2');
  gate.run();
  send(b, 'b2');
  b.send(barrierElement(1, 0, { alignment }));
  gate.run();
  expect(happened).toEqual(expected);
});

it('does not block the input that another is held for, but everything else of the chain', () => {
  const happened: string[] = [];
  const { clock } = new SimulatedPlatform({ seed: 1 });
  const flow = new FlowControl(clock, 2);
  flow.beginTurn(Infinity);
  const receiver: Receiver = { process: (value) => void happened.push(String(value)) };
  const nodes = [0, 1].map((index) => harnessNode(index, { recordsIn: 0, open: () => {}, input: () => receiver } satisfies Operator, INFO, -Infinity));
  const [first, second] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
  const place = new BatchPlace();
  const loop = plainBatchLoop({ receiver, record: new CurrentRecord(), place });
  const channels = [0, 1, 2].map(() => new LocalChannel(8, undefined));
  const gate = new GateInput({
    channels: channels.map((reader, entry) => ({ reader, entry })),
    entries: [{ node: first, input: 0 }, { node: first, input: 1 }, { node: second, input: 1 }].map((entry) => ({ ...entry, loop, partialLoop: undefined })),
    place, chain: new OperatorChain(nodes, [], flow), flow, awaitsSource: false,
    hooks: { barrierSeen: () => {}, aligning: () => {}, wake: () => {}, onBarrier: () => void happened.push('snapshot') },
  });
  gate.hold(0, 0);
  channels.forEach((channel, index) => {
    channel.send(barrierElement(1, 0, { alignment: 'exactly-once' }));
    const batch = channel.newBatch();
    batch.append(`behind ${index}`, 0);
    channel.sendBatch(batch);
  });
  gate.run();
  expect(happened).toEqual(['behind 1']);
  gate.release(0, 0);
  gate.run();
  expect(happened).toEqual(['behind 1', 'snapshot', 'behind 2', 'behind 0']);
});

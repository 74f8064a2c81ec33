import { describe, expect, it } from 'vitest';
import { tumblingEventTime } from '../functions/window-assigners.js';
import { CurrentRecord } from '../operators/current-record.js';
import type { OperatorInfo } from '../operators/operator-context.js';
import { windowOperator } from '../operators/windows/window-operator.js';
import type { PartialAccumulator } from '../operators/windows/pre-reduction.js';
import { ACTIVE, barrierElement, END_OF_INPUT, IDLE } from '../record/element.js';
import { t } from '../record/types/t.js';
import { LocalChannel } from '../runtime/channel/local-channel.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { FlowControl } from './flow-control.js';
import { KeyChannels } from './key-channels.js';
import { EdgeOutput } from './output.js';

const INFO: OperatorInfo = { job: 'test', name: 'counts', uid: 'counts', subtask: 0, parallelism: 2, maxParallelism: 128, attempt: 0, definedAt: undefined, check: false };
const KEYS = [1, 2, 3, 4, 5, 6, 7, 8];

const counts = windowOperator({
  assigner: tumblingEventTime(10), keyOf: (value) => value, elementType: t.number, accumulatorType: t.dynamic, allowedLatenessMs: 0, lateOutput: undefined, sideOutputs: [],
  function: { kind: 'aggregate', aggregate: { create: () => ({ n: 0 }), add: (total: unknown) => void (total as { n: number }).n++, merge: () => {}, exact: true } as never },
});

/** An output to two subtasks of a window by key, reduced before; what its channels carry, in order. */
function rig(): { readonly output: EdgeOutput; give(at: number): void; carried(): string[][] } {
  const flow = new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1);
  const record = new CurrentRecord();
  const channels = [new LocalChannel(16, undefined), new LocalChannel(16, undefined)];
  const output = new EdgeOutput(record, new KeyChannels((value) => value, 128, 2), channels, flow, () => {});
  output.preReduce(counts.preReduction!, INFO);
  return {
    output,
    give(at) {
      record.timestamp = at;
      for (const key of KEYS) output.process(key);
    },
    carried: () => channels.map((channel) => {
      const seen: string[] = [];
      for (let element = channel.poll(); element !== undefined; element = channel.poll()) {
        if (element.kind !== 'batch') seen.push(element.kind);
        else seen.push(`${element.batch.holdsPartials ? partialsOf(element.batch.values) : 'records'}${element.batch.hasWatermark ? ` and ${element.batch.watermark}` : ''}`);
      }
      return seen;
    }),
  };
}

function partialsOf(values: readonly unknown[]): string {
  const partials = values.filter((value) => value !== undefined) as PartialAccumulator[];
  return `${partials.every(({ accumulator, records }) => (accumulator as { n: number }).n === records) ? 'partials' : 'wrong'} of ${partials[0]!.records}`;
}

describe('an output that reduces', () => {
  it('sends what it holds ahead of barriers, so that no snapshot misses it', () => {
    const { output, give, carried } = rig();
    give(1);
    give(2);
    output.flush();
    expect(carried()).toEqual([[], []]);
    output.broadcast(barrierElement(1, 0, { alignment: 'exactly-once' }));
    give(3);
    output.broadcast(barrierElement(2, 0, { alignment: 'exactly-once' }));
    const each = ['partials of 2', 'barrier', 'partials of 1', 'barrier'];
    expect(carried()).toEqual([each, each]);
  });

  it('sends it ahead of idleness and of the end', () => {
    const { output, give, carried } = rig();
    give(1);
    output.broadcast(IDLE);
    give(1);
    output.broadcast(END_OF_INPUT);
    const each = ['partials of 1', 'watermarkStatus', 'partials of 1', 'endOfInput'];
    expect(carried()).toEqual([each, each]);
  });

  it('holds nothing back longer than a batch once it has told of idleness, since the receiver may go on without its watermarks', () => {
    const { output, give, carried } = rig();
    output.broadcast(IDLE);
    give(1);
    output.flush();
    output.broadcast(ACTIVE);
    give(1);
    give(2);
    output.flush();
    const each = ['watermarkStatus', 'partials of 1', 'watermarkStatus', 'partials of 2'];
    expect(carried()).toEqual([each, each]);
  });

  it('sends what a watermark completes ahead of it, and what is late then as records of their own', () => {
    const { output, give, carried } = rig();
    give(1);
    give(12);
    output.watermark(8);
    output.watermark(9);
    give(5);
    output.flush();
    output.watermark(19);
    output.flush();
    const each = ['partials of 1 and 9', 'records', 'partials of 1 and 19'];
    expect(carried()).toEqual([each, each]);
    expect(output.recordsOut).toBe(3 * KEYS.length);
  });
});

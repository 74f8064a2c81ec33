import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tumblingEventTime } from '../functions/window-assigners.js';
import { CurrentRecord } from '../operators/current-record.js';
import { literalFields } from '../operators/fusion/function-text.js';
import { fusedReceiver, StageCode } from '../operators/fusion/stage-code.js';
import type { OperatorInfo } from '../operators/operator-context.js';
import { HELD_BYTES } from '../operators/windows/pre-reducer.js';
import { windowOperator } from '../operators/windows/window-operator.js';
import { MAX_PARTIAL_BATCH_BYTES, type PreReduction } from '../operators/windows/pre-reduction.js';
import { ACTIVE, barrierElement, type BatchElement, END_OF_INPUT, IDLE } from '../record/element.js';
import type { RecordBatch } from '../record/record-batch.js';
import { t } from '../record/types/t.js';
import { codecTransfer } from '../runtime/channel/codec-transfer.js';
import { type BatchTransfer, LocalChannel } from '../runtime/channel/local-channel.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { FlowControl } from './flow-control.js';
import { KeyChannels } from './key-channels.js';
import { EdgeOutput } from './output.js';
import { createPartitioner } from './partitioners.js';

const INFO: OperatorInfo = { job: 'test', name: 'counts', uid: 'counts', subtask: 0, parallelism: 2, maxParallelism: 128, attempt: 0, definedAt: undefined, check: false };
const KEYS = [1, 2, 3, 4, 5, 6, 7, 8];

const counting = { create: () => ({ n: 0 }), add: (total: { n: number }) => void total.n++, merge: () => {}, exact: true };

function windowOf(aggregate: object): PreReduction {
  return windowOperator({
    assigner: tumblingEventTime(10), keyOf: (value) => value, elementType: t.number, accumulatorType: t.dynamic, allowedLatenessMs: 0, lateOutput: undefined, sideOutputs: [],
    function: { kind: 'aggregate', aggregate: aggregate as never },
  }).preReduction!;
}

/** An output to two subtasks of a window by key, reduced before; what its channels carry, in order. */
function rig(): { readonly output: EdgeOutput; give(at: number): void; carried(): string[][] } {
  const flow = new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1);
  const record = new CurrentRecord();
  const channels = [new LocalChannel(16, undefined), new LocalChannel(16, undefined)];
  const output = new EdgeOutput(record, new KeyChannels((value) => value, 128, 2), channels, flow, () => {});
  output.preReduce(windowOf(counting), INFO);
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
        else seen.push(`${element.batch.holdsPartials ? partialsOf(element.batch) : 'records'}${element.batch.hasWatermark ? ` and ${element.batch.watermark}` : ''}`);
      }
      return seen;
    }),
  };
}

function partialsOf({ keys, values, length }: RecordBatch): string {
  const counts = Array.from(keys!.timestamps.subarray(0, length));
  return `${counts.every((count, at) => (values[at] as { n: number }).n === count) ? 'partials' : 'wrong'} of ${counts[0]}`;
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

describe('an output that reduces to large accumulators', () => {
  const LETTERS = 1 << 14;
  const collecting = {
    create: (): { texts: string[] } => ({ texts: [] }), add: (total: { texts: string[] }) => void total.texts.push('x'.repeat(LETTERS)), merge: () => {}, exact: true,
  };

  function collector(aggregate: object = collecting): { readonly output: EdgeOutput; readonly channel: LocalChannel; readonly flow: FlowControl; give(key: number): void; sent(): { batches: number[]; letters: number } } {
    const flow = new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1);
    const record = new CurrentRecord();
    const channel = new LocalChannel(1024, undefined);
    const output = new EdgeOutput(record, new KeyChannels(() => 1, 128, 1), [channel], flow, () => {});
    output.preReduce(windowOf(aggregate), INFO);
    record.timestamp = 1;
    return {
      output, channel, flow,
      give: (key) => output.process(key),
      sent() {
        const batches: number[] = [];
        for (let element = channel.poll(); element !== undefined; element = channel.poll()) {
          if (element.kind !== 'batch') continue;
          const accumulators = element.batch.values.slice(0, element.batch.length);
          batches.push(accumulators.reduce((letters: number, accumulator) => letters + (accumulator as { texts: string[] }).texts.join('').length, 0));
          channel.release(element.batch);
        }
        return { batches, letters: batches.reduce((one, other) => one + other, 0) };
      },
    };
  }

  it('sends them before they hold more than the limit, in batches that follow the credit', () => {
    const { give, sent, flow, output } = collector();
    let given = 0;
    let taken = 0;
    for (let round = 0; round < 200; round++) {
      for (let n = 0; n < 100 && !flow.stopped; n++) {
        give(given % 16);
        given += 1;
      }
      const { batches, letters } = sent();
      expect(Math.max(0, ...batches)).toBeLessThanOrEqual(MAX_PARTIAL_BATCH_BYTES);
      expect(batches.length).toBeLessThanOrEqual(4);
      taken += letters;
      // In memory a letter counts for two bytes; a list counts as large as it was when it was weighed last.
      expect((given * LETTERS - taken) * 2).toBeLessThanOrEqual(2 * HELD_BYTES + 5 * MAX_PARTIAL_BATCH_BYTES);
    }
    expect(given).toBeGreaterThan(5_000);
    output.broadcast(END_OF_INPUT);
    expect(taken + sent().letters).toBe(given * LETTERS);
  });

  it('weighs what began small when it goes off, so that no batch is too large', () => {
    const { give, sent, output } = collector({ ...collecting, add: (total: { texts: string[] }) => void total.texts.push('x'.repeat(total.texts.length === 0 ? 1 : LETTERS)) });
    for (let n = 0; n < 4; n++) for (let key = 0; key < 40; key++) give(key);
    output.broadcast(END_OF_INPUT);
    const { batches, letters } = sent();
    expect(letters).toBe(40 * (1 + 3 * LETTERS));
    expect(Math.max(...batches)).toBeLessThanOrEqual(MAX_PARTIAL_BATCH_BYTES);
  });

  const growing: readonly (readonly [string, (total: Record<string, unknown> & { texts: string[] }, letters: string) => void])[] = [
    ['texts', (total, letters) => void total.texts.push(letters)],
    ['fields', (total, letters) => void (total[`field ${Object.keys(total).length}`] = letters)],
  ];

  it.each(growing)('sends accumulators that begin small and grow before they hold much more than the limit: %s', (_, grow) => {
    const KEYS_HELD = 1500;
    let held = 0;
    let most = 0;
    const aggregate = {
      create: () => ({ n: 0, texts: [] as string[] }),
      add(total: Record<string, unknown> & { n: number; texts: string[] }) {
        if (total.n++ > 0) {
          grow(total, 'x'.repeat(LETTERS));
          held += 2 * LETTERS;
        }
      },
      merge: () => {},
      exact: true,
    };
    const { give, output, channel } = collector(aggregate);
    const textsOf = ({ n, texts, ...fields }: { n: number; texts: string[] }): number => n - n + texts.length + Object.keys(fields).length;
    for (let n = 0; n < 10 * KEYS_HELD; n++) {
      give(n % KEYS_HELD);
      for (let element = channel.poll(); element !== undefined; element = channel.poll()) {
        if (element.kind !== 'batch') continue;
        const accumulators = element.batch.holdsPartials ? element.batch.values.slice(0, element.batch.length) : [];
        held -= accumulators.reduce((letters: number, accumulator) => letters + 2 * LETTERS * textsOf(accumulator as never), 0);
        channel.release(element.batch);
      }
      most = Math.max(most, held);
    }
    output.broadcast(END_OF_INPUT);
    expect(most).toBeLessThanOrEqual(2 * HELD_BYTES + 5 * MAX_PARTIAL_BATCH_BYTES);
  });

  it('stops for credit, and sends no more than is held ahead of a barrier', () => {
    const { give, sent, flow, output } = collector();
    let given = 0;
    while (!flow.stopped) give(given++ % 16);
    expect(given * LETTERS * 2).toBeLessThanOrEqual(2 * HELD_BYTES + 5 * MAX_PARTIAL_BATCH_BYTES);
    output.broadcast(barrierElement(1, 0, { alignment: 'exactly-once' }));
    const { batches, letters } = sent();
    expect(letters).toBe(given * LETTERS);
    expect(Math.max(...batches)).toBeLessThanOrEqual(MAX_PARTIAL_BATCH_BYTES);
  });
});

it('names the window and the key when a later accumulator cannot be sent', () => {
  const record = new CurrentRecord();
  const flow = new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1);
  const output = new EdgeOutput(record, new KeyChannels((value) => value, 128, 1), [new LocalChannel(256, codecTransfer(undefined))], flow, () => {});
  output.preReduce(windowOf({ ...counting, add: (total: { n: unknown }, key: number) => void (total.n = key < 100 ? key : { at: () => key }) }), { ...INFO, definedAt: 'job.ts:3:1' });
  record.timestamp = 1;
  for (let key = 0; key < 120; key++) output.process(key);
  expect(() => output.broadcast(END_OF_INPUT)).toThrow(/MR-2046.*"counts".*key 100.*a function.*operator counts.*job\.ts:3:1.*\$\.n\.at/s);
});

/** An output to one subtask; what its channel carries, in order. Generated or not, it is the same. */
function plainRig(generated: boolean): { readonly output: EdgeOutput; give(...times: number[]): void; carried(): string[] } {
  const flow = new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1);
  const record = new CurrentRecord();
  const channel = new LocalChannel(4, undefined);
  const output = new EdgeOutput(record, new KeyChannels(() => 1, 128, 1), [channel], flow, () => {});
  const receiver = generated ? fusedReceiver(output, record) : output;
  return {
    output,
    give(...times) {
      for (const time of times) {
        record.timestamp = time;
        receiver.process(time);
      }
    },
    carried() {
      const seen: string[] = [];
      for (let element = channel.poll(); element !== undefined; element = channel.poll()) {
        if (element.kind === 'batch') seen.push(`${element.batch.timestamps.subarray(0, element.batch.length).join()}${element.batch.hasWatermark ? ` then ${element.batch.watermark}` : ''}`);
        else seen.push(element.kind === 'watermark' ? `watermark ${element.watermark}` : element.kind);
      }
      return seen;
    },
  };
}

describe.each([false, true])('watermarks in an output, generated: %s', (generated) => {
  it('ride behind records that are not late for them, so that they cut no batch', () => {
    const { output, give, carried } = plainRig(generated);
    give(10);
    output.watermark(5);
    give(6, 11);
    output.watermark(7);
    give(12);
    expect(carried()).toEqual(['10,6,11,12 then 7']);
  });

  it('R18 stay ahead of what is late for them, and of what has no time', () => {
    const { output, give, carried } = plainRig(generated);
    give(10);
    output.watermark(5);
    give(5);
    output.watermark(6);
    give(Number.NaN);
    output.flush();
    expect(carried()).toEqual(['10 then 5', '5 then 6', 'NaN']);
  });

  it('go off by themselves with the next flush, and stay ahead of records and barriers', () => {
    const { output, give, carried } = plainRig(generated);
    output.watermark(1);
    output.watermark(2);
    expect(carried()).toEqual([]);
    output.flush();
    expect(carried()).toEqual(['watermark 2']);
    output.watermark(3);
    give(3);
    output.watermark(4);
    output.broadcast(barrierElement(1, 0, { alignment: 'exactly-once' }));
    output.watermark(5);
    output.broadcast(END_OF_INPUT);
    expect(carried()).toEqual(['watermark 3', '3 then 4', 'barrier', 'watermark 5', 'endOfInput']);
  });
});

describe('a channel that need not look at records', () => {
  const literal = (item: { id: number }): object => ({ id: item.id });
  /** The fields that the channels of an output behind a map function were told of. */
  function told(keyOf: (value: never) => unknown, made: readonly string[] | undefined, reduces: boolean = false): unknown[] {
    const record = new CurrentRecord();
    const channels = [new LocalChannel(16, undefined), new LocalChannel(16, undefined)];
    const seen: unknown[] = [];
    for (const channel of channels) channel.recordsHave = (fields) => seen.push(fields) < 0;
    const output = new EdgeOutput(record, new KeyChannels(keyOf as (value: unknown) => unknown, 128, 2), channels, new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1), () => {});
    if (reduces) output.preReduce(windowOf(counting), INFO);
    output.fuse(new StageCode(record), 'value', made);
    return seen;
  }

  it('is told of literals, where nobody can have changed them before they are sent', () => {
    const fields = literalFields(literal);
    expect(told(({ id }: { id: number }) => id % 7, fields)).toEqual([['id'], ['id']]);
    expect(told((item: { id: number }) => item.id, fields)).toEqual([['id'], ['id']]);
    expect(told((item: { id: number }) => Number(item), fields)).toEqual([]);
    expect(told((item: { id: number }) => item.id, undefined)).toEqual([]);
    expect(told((item: { id: number }) => item.id, fields, true)).toEqual([]);
  });
});

describe('an output behind a map function that makes literals', () => {
  /** The batches that a channel carries of records with these ids: whether they are columns of numbers, and the ids with their places and timestamps. */
  function carried(ids: readonly unknown[], transferred: boolean): unknown[] {
    const record = new CurrentRecord();
    const channel = new LocalChannel(3, transferred ? codecTransfer(undefined) : undefined);
    const output = new EdgeOutput(record, new KeyChannels((({ at }: { at: number }) => at) as (value: unknown) => unknown, 128, 1), [channel], new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1), () => {});
    const code = new StageCode(record);
    const give = code.build(['value'], output.fuse(code, 'value', ['at', 'id'])) as (value: unknown) => void;
    const seen: unknown[] = [];
    ids.forEach((id, at) => {
      record.timestamp = at * 10;
      give({ at, id });
      if (at === ids.length - 1) output.flush();
      const element = channel.poll();
      if (element?.kind !== 'batch') return;
      const { batch } = element;
      seen.push(batch.holdsNumbers, ...Array.from({ length: batch.length }, (_, i) => [batch.take(i), batch.timestamps[i]]));
      channel.release(batch);
    });
    return seen;
  }
  const records = (ids: readonly unknown[], from: number): unknown[] => ids.map((id, i) => [{ at: from + i, id }, (from + i) * 10]);

  it('puts their numbers into columns, whatever numbers they are', () => {
    expect(carried([1, -0, Number.NaN, 2 ** 53, 0.5], false)).toEqual([true, ...records([1, -0, Number.NaN], 0), true, ...records([2 ** 53, 0.5], 3)]);
    expect(carried([1, -0, Number.NaN, 2 ** 53, 0.5], true)).toEqual([false, ...records([1, -0, Number.NaN], 0), false, ...records([2 ** 53, 0.5], 3)]);
  });

  it('keeps records as they are from the first field on that is no number, those before it too', () => {
    for (const other of ['five', null, undefined, 5n, { n: 5 }]) {
      const ids = [1, 2, 3, 4, other, 6, 7];
      const expected = [...records([1, 2, 3], 0), ...records([4, other, 6], 3), ...records([7], 6)];
      for (const transferred of [false, true]) expect(carried(ids, transferred).filter((each) => typeof each !== 'boolean')).toEqual(expected);
      expect(carried(ids, false).filter((each) => typeof each === 'boolean')).toEqual([true, false, false]);
    }
  });

  /** Any values, mostly numbers. */
  const cell = fc.oneof({ weight: 30, arbitrary: fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, 2 ** 60, -Infinity, 5)) }, { weight: 1, arbitrary: fc.constantFrom(undefined, null, 'text', 3n, true) });
  const given = fc.record({ cells: fc.tuple(cell, cell, cell), time: fc.oneof(fc.integer({ min: -20, max: 40 }), fc.constant(Number.NaN)), then: fc.constantFrom('', '', '', '', 'flush', 'watermark', 'plain') });
  const declared = t.struct({ a: t.number, b: t.number, c: t.number });

  it('gives the same in columns and out of them, over any channel', () => {
    /** What a channel carries of records that are given as `isGenerated` says. */
    const sent = (rows: readonly (typeof given extends fc.Arbitrary<infer V> ? V : never)[], transfer: (() => BatchTransfer) | undefined, isGenerated: boolean): unknown[] => {
      const record = new CurrentRecord();
      const channel = new LocalChannel(4, transfer?.());
      const output = new EdgeOutput(record, new KeyChannels((({ a }: { a: unknown }) => typeof a) as (value: unknown) => unknown, 128, 1), [channel], new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1), () => {});
      const code = new StageCode(record);
      const give = isGenerated ? (code.build(['value'], output.fuse(code, 'value', ['a', 'b', 'c'])) as (value: unknown) => void) : (value: unknown): void => output.process(value);
      const seen: unknown[] = [];
      const take = (): void => {
        for (let element = channel.poll(); element !== undefined; element = channel.poll()) {
          if (element.kind === 'batch') {
            const { batch } = element;
            for (let i = 0; i < batch.length; i++) seen.push([batch.take(i), batch.timestamps[i]]);
            if (batch.hasWatermark) seen.push(batch.watermark);
            channel.release(batch);
          } else {
            seen.push(element);
          }
        }
      };
      let watermark = -30;
      for (const { cells: [a, b, c], time, then } of rows) {
        record.timestamp = time;
        if (then === 'plain') output.process({ a, b, c });
        else give({ a, b, c });
        if (then === 'flush') output.flush();
        if (then === 'watermark') output.watermark((watermark += 7));
        take();
      }
      output.broadcast(END_OF_INPUT);
      take();
      return seen;
    };
    fc.assert(fc.property(fc.array(given, { maxLength: 40, size: 'max' }), (rows) => {
      for (const transfer of [undefined, () => codecTransfer(undefined), () => codecTransfer(declared)]) expect(sent(rows, transfer, true)).toStrictEqual(sent(rows, transfer, false));
    }), { numRuns: 500 });
  });

  it('has no columns where records are handed over one by one, nor text for more fields than become columns', () => {
    const record = new CurrentRecord();
    const channels = [new LocalChannel(3, undefined), new LocalChannel(3, undefined)];
    const context = { program: undefined, channels: 2, sender: 0, maxParallelism: 128, random: new SimulatedPlatform({ seed: 1 }).random, target: 'sink' };
    const flow = new FlowControl(new SimulatedPlatform({ seed: 1 }).clock, 1);
    const output = new EdgeOutput(record, createPartitioner({ ...context, partitioning: 'rebalance' }), channels, flow, () => {});
    const code = new StageCode(record);
    const give = code.build(['value'], output.fuse(code, 'value', ['id'])) as (value: unknown) => void;
    for (let id = 0; id < 6; id++) give({ id });
    const batches = channels.map((channel) => channel.poll() as BatchElement);
    expect(batches.map(({ batch }) => [batch.numbers, batch.values])).toEqual([[undefined, [{ id: 0 }, { id: 2 }, { id: 4 }]], [undefined, [{ id: 1 }, { id: 3 }, { id: 5 }]]]);
    const wide = Array.from({ length: 17 }, (_, n) => `f${n}`);
    const one = new EdgeOutput(record, createPartitioner({ ...context, channels: 1, partitioning: 'forward' }), [new LocalChannel(3, undefined)], flow, () => {});
    expect(one.fuse(new StageCode(record), 'value', wide.slice(1))).toContain('["f16"]');
    expect(one.fuse(new StageCode(record), 'value', wide)).not.toContain('["f16"]');
  });
});

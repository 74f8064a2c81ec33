import { describe, expect, it } from 'vitest';
import type { Platform } from '../base/platform.js';
import type { PollResult, ReaderContext, Source, SourceBatch, SourceReader, Split } from '../connector/source.js';
import { boundedOutOfOrderness, customWatermarks, ingestionTime, monotonousTimestamps, noWatermarks } from '../functions/watermark-strategies.js';
import type { WatermarkOutput, WatermarkStrategy } from '../functions/watermark-strategy.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { SourceOperator, type SplitSnapshot } from './source.js';

const BASE = 1_700_000_000_000;
const GO = { stopped: false, hasTime: () => true };

interface TestSplit extends Split {
  readonly position: number;
}

/** Hands out the batches a test puts in, and says what the test tells it to. */
class TestReader implements SourceReader<unknown, TestSplit> {
  context: ReaderContext | undefined;
  readonly batches: { readonly split: string; readonly records: readonly (readonly [value: unknown, timestamp?: number])[] }[] = [];
  readonly splits = new Map<string, TestSplit>();
  readonly calls: string[] = [];
  atEnd: PollResult = 'nothing';
  failure: unknown = undefined;
  pauseSplits?: (pause: readonly string[], resume: readonly string[]) => void;

  start(): void {
    this.calls.push('start');
  }
  addSplits(splits: readonly TestSplit[]): void {
    for (const split of splits) this.splits.set(split.id, split);
  }
  noMoreSplits(): void {
    this.calls.push('noMoreSplits');
  }
  poll(batch: SourceBatch<unknown>): PollResult {
    if (this.failure !== undefined) throw this.failure;
    const next = this.batches.shift();
    if (next === undefined) return this.atEnd;
    batch.split = next.split;
    next.records.forEach(([value, timestamp], i) => {
      batch.values[i] = value;
      batch.timestamps[i] = timestamp ?? Number.NaN;
      batch.offsets[i] = i * 10;
    });
    batch.length = next.records.length;
    return 'more';
  }
  available(): Promise<void> {
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure as Error);
  }
  snapshot(): readonly TestSplit[] {
    return [...this.splits.values()];
  }
  activeSplits(): readonly string[] {
    return [...this.splits.keys()];
  }
  checkpointComplete(checkpointId: number): void {
    this.calls.push(`complete ${checkpointId}`);
  }
  close(): void {
    this.calls.push('close');
  }
}

interface Setup {
  readonly strategy?: WatermarkStrategy<never>;
  readonly bounded?: boolean;
  readonly perRecord?: boolean;
  readonly sideOutputs?: readonly string[];
}

class Rig {
  readonly reader = new TestReader();
  readonly requests: string[] = [];
  readonly reports: unknown[] = [];
  now = 0;
  source!: SourceOperator;
  harness!: OperatorHarness;

  static async open(setup: Setup = {}): Promise<Rig> {
    const rig = new Rig();
    const source: Source<unknown, TestSplit> = {
      kind: 'test',
      bounded: setup.bounded ?? true,
      replayable: true,
      type: { kind: 'dynamic' },
      createEnumerator: () => {
        throw new Error('not used');
      },
      createReader: (context) => {
        rig.reader.context = context;
        return rig.reader;
      },
    };
    const strategy = (setup.strategy ?? monotonousTimestamps()) as unknown as WatermarkStrategy<unknown>;
    rig.source = new SourceOperator(source as unknown as Source<unknown>, strategy, {
      platform: { clock: { now: () => rig.now, monotonicMs: () => rig.now } } as unknown as Platform,
      coordinator: { requestSplit: () => rig.requests.push('split'), reportWatermark: (group, watermark) => rig.reports.push([group, watermark]) },
      watermarkIntervalMs: 200,
      watermarkPerRecord: setup.perRecord ?? false,
      batchSize: 256,
    });
    rig.harness = await OperatorHarness.open({ create: () => rig.source }, { name: 'orders', ...(setup.sideOutputs === undefined ? {} : { sideOutputs: setup.sideOutputs }) });
    return rig;
  }

  assign(...ids: readonly string[]): void {
    this.source.addSplits(ids.map((id) => ({ id })));
  }

  /** Reads one batch with these offsets from the base time. */
  batch(split: string, ...offsets: readonly number[]): void {
    this.reader.batches.push({ split, records: offsets.map((offset) => [{ offset }, BASE + offset]) });
    this.source.poll();
    this.source.run(GO);
  }

  finishSplit(id: string): void {
    this.reader.splits.delete(id);
    this.source.poll();
  }

  get trace(): readonly unknown[] {
    return this.harness.events.map((event) =>
      event.kind === 'record' ? `r${event.timestamp! - BASE}` : event.kind === 'watermark' ? `w${event.watermark - BASE}` : event.idle ? 'idle' : 'active',
    );
  }
}

describe('a source', () => {
  it('R17 has a chance to emit a watermark after every batch, and after the interval at the latest', async () => {
    const rig = await Rig.open({ strategy: boundedOutOfOrderness(5) });
    rig.assign('a');
    rig.batch('a', 10, 7, 20);
    rig.batch('a', 12);
    rig.batch('a', 30);
    expect(rig.trace).toEqual(['r10', 'r7', 'r20', 'w14', 'r12', 'r30', 'w24']);
    expect(rig.source.recordsIn).toBe(5);
    expect(rig.harness.nextWake).toBe(200);
  });

  it('R17 has one after every record when asked to', async () => {
    const rig = await Rig.open({ perRecord: true });
    rig.assign('a');
    rig.batch('a', 10, 7, 20);
    expect(rig.trace).toEqual(['r10', 'w9', 'r7', 'r20', 'w19']);
  });

  it('R17 emits at the interval what a stopped batch has brought so far', async () => {
    const rig = await Rig.open();
    rig.assign('a');
    rig.reader.batches.push({ split: 'a', records: [[1, BASE], [2, BASE + 5]] });
    rig.source.poll();
    const stop = { stopped: false, hasTime: () => true };
    rig.reader.batches.length = 0;
    expect(rig.source.run({ ...stop, stopped: true })).toBe(false);
    expect(rig.source.hasPartialBatch).toBe(true);
    rig.harness.processingTime(200);
    expect(rig.source.run(GO)).toBe(true);
    expect(rig.trace).toEqual(['r0', 'r5', 'w4']);
  });

  it('R18 shows records to the generator after they were emitted, and emits a last time at the end', async () => {
    const punctuated = customWatermarks<{ offset: number }>(() => ({
      onEvent: (value: { offset: number }, timestamp: number, output: WatermarkOutput) => {
        if (value.offset % 2 === 0) output.emitWatermark(timestamp);
      },
      onPeriodic: (output: WatermarkOutput) => output.emitWatermark(BASE),
    }));
    const rig = await Rig.open({ strategy: punctuated });
    rig.assign('a');
    rig.batch('a', 3, 4, 5);
    rig.source.end();
    expect(rig.trace).toEqual(['r3', 'r4', 'w4', 'r5', 'wInfinity']);
    expect(rig.harness.nextWake).toBe(Infinity);
    expect(rig.source.poll()).toBe('end');
    const monotonous = await Rig.open();
    monotonous.assign('a');
    monotonous.reader.batches.push({ split: 'a', records: [[1, BASE + 9]] });
    monotonous.source.poll();
    monotonous.source.run({ stopped: false, hasTime: () => true });
    monotonous.source.end();
    expect(monotonous.trace).toEqual(['r9', 'w8', 'wInfinity']);
  });

  it('a stopped source ends without the final watermark', async () => {
    const rig = await Rig.open();
    rig.assign('a');
    rig.source.stop();
    expect(rig.source.poll()).toBe('end');
    await rig.source.available();
    expect(rig.trace).toEqual([]);
  });

  it('R22 takes the minimum over its splits, and lets a finished one go', async () => {
    const rig = await Rig.open();
    rig.assign('a', 'b');
    rig.batch('a', 100);
    rig.batch('b', 50);
    rig.batch('b', 60);
    rig.finishSplit('b');
    expect(rig.trace).toEqual(['r100', 'r50', 'w49', 'r60', 'w59', 'w99']);
  });

  it('R22 a reader that waits for its next split holds its watermark, and one that gets no more ends without having been idle', async () => {
    const rig = await Rig.open();
    rig.source.poll();
    expect(rig.trace).toEqual([]);
    rig.assign('a');
    rig.batch('a', 100);
    rig.reader.context!.requestSplit();
    rig.finishSplit('a');
    expect(rig.requests).toEqual(['split']);
    rig.assign('b');
    rig.batch('b', 30, 200);
    rig.source.noMoreSplits();
    rig.finishSplit('b');
    rig.source.end();
    expect(rig.trace).toEqual(['r100', 'w99', 'r30', 'r200', 'w199', 'wInfinity']);
  });

  it('R22 counts a split until its last batch is through, though the reader has finished with it and hears of others meanwhile', async () => {
    const rig = await Rig.open();
    rig.assign('a');
    rig.reader.batches.push({ split: 'a', records: [100, 200].map((offset) => [{ offset }, BASE + offset]) });
    rig.source.poll();
    rig.reader.splits.delete('a');
    rig.source.noMoreSplits();
    expect(rig.source.run(GO)).toBe(true);
    expect(rig.trace).toEqual(['r100', 'r200', 'w199']);
  });

  it('R22 a reader of an unbounded source without splits is idle by itself, and active when it gets one', async () => {
    const rig = await Rig.open({ bounded: false });
    rig.source.poll();
    expect(rig.trace).toEqual(['idle']);
    rig.assign('a');
    rig.batch('a', 5);
    expect(rig.trace).toEqual(['idle', 'active', 'r5', 'w4']);
  });

  it('goes idle per split after silence', async () => {
    const rig = await Rig.open({ strategy: monotonousTimestamps(undefined, { idleness: 1000 }) });
    rig.assign('a', 'b');
    for (let i = 0; i < 4; i++) {
      rig.now += 400;
      rig.batch('a', i * 10);
    }
    expect(rig.trace).toEqual(['r0', 'r10', 'r20', 'r30', 'w29']);
  });

  it('R21 stops the clock of silence while output is blocked', async () => {
    const rig = await Rig.open({ strategy: monotonousTimestamps(undefined, { idleness: 1000 }) });
    rig.assign('a', 'b');
    rig.batch('a', 0);
    rig.reader.batches.push({ split: 'a', records: [[1, BASE + 10]] });
    rig.source.poll();
    rig.source.run({ stopped: true, hasTime: () => true });
    rig.now += 100_000;
    rig.harness.processingTime(200);
    rig.source.run(GO);
    expect(rig.trace).toEqual(['r0', 'r10']);
    rig.now += 1001;
    rig.batch('a', 20);
    expect(rig.trace).toEqual(['r0', 'r10', 'r20', 'w19']);
  });

  it('R21 stops the clock of silence while it is held back, from the first of several reasons to the last', async () => {
    const rig = await Rig.open({ strategy: monotonousTimestamps(undefined, { idleness: 1000 }) });
    rig.assign('a', 'b');
    rig.batch('a', 0);
    rig.source.heldBack();
    rig.now += 1100;
    rig.source.heldBack();
    rig.now += 800;
    rig.harness.processingTime(200);
    rig.batch('a', 10);
    expect(rig.trace).toEqual(['r0', 'r10']);
    rig.now += 1001;
    rig.batch('a', 20);
    expect(rig.trace).toEqual(['r0', 'r10', 'r20', 'w19']);
  });

  it('R23 pauses splits that are ahead of the group, does not count their silence, and lets them go on', async () => {
    const rig = await Rig.open({ strategy: monotonousTimestamps(undefined, { alignment: { group: 'g', maxDrift: 10 }, idleness: 1000 }) });
    const pauses: unknown[] = [];
    rig.reader.pauseSplits = (pause, resume) => pauses.push([pause, resume]);
    rig.assign('a', 'b');
    rig.batch('a', 100);
    rig.batch('b', 50);
    expect(rig.reports.at(-1)).toEqual(['g', BASE + 49]);
    rig.source.alignTo(BASE + 59);
    expect(pauses).toEqual([[['a'], []]]);
    rig.source.alignTo(BASE + 59);
    rig.now += 5000;
    rig.batch('b', 95);
    rig.now += 5000;
    rig.batch('b', 96);
    expect(rig.trace).not.toContain('w99');
    rig.source.alignTo(BASE + 105);
    expect(pauses).toEqual([[['a'], []], [[], ['a']]]);
  });

  it('R23 pauses a reader as a whole when it cannot pause splits', async () => {
    const rig = await Rig.open({ strategy: monotonousTimestamps(undefined, { alignment: { group: 'g', maxDrift: 10 } }) });
    rig.assign('a');
    rig.batch('a', 100);
    rig.source.alignTo(BASE);
    rig.reader.batches.push({ split: 'a', records: [[1, BASE + 101]] });
    expect(rig.source.poll()).toBe('nothing');
    let available = false;
    const waiting = rig.source.available().then(() => (available = true));
    await Promise.resolve();
    expect(available).toBe(false);
    rig.source.alignTo(BASE + 200);
    await waiting;
    expect(rig.source.poll()).toBe('more');
  });

  it('R23 goes on with a reader that cannot pause splits while one of its splits is behind, which all wait for', async () => {
    const rig = await Rig.open({ strategy: monotonousTimestamps(undefined, { alignment: { group: 'g', maxDrift: 10 } }) });
    rig.assign('a', 'b');
    rig.batch('a', 100);
    rig.batch('b', 50);
    rig.source.alignTo(BASE + 59);
    rig.batch('b', 99);
    expect(rig.reports.at(-1)).toEqual(['g', BASE + 98]);
    rig.source.alignTo(BASE + 90);
    rig.reader.batches.push({ split: 'b', records: [[1, BASE + 101]] });
    expect(rig.source.poll()).toBe('nothing');
  });

  it('R24 keeps the watermark of each split in the snapshot, so that a restart makes nothing on time that was late', async () => {
    const rig = await Rig.open({ strategy: boundedOutOfOrderness(5) });
    rig.assign('a', 'b');
    rig.batch('a', 100);
    rig.batch('b', 50);
    const splits = rig.source.snapshotSplits(1) as readonly SplitSnapshot[];
    expect(splits.map(({ split, watermark }) => [split.id, watermark - BASE])).toEqual([['a', 94], ['b', 44]]);
    const again = await Rig.open({ strategy: boundedOutOfOrderness(5) });
    again.source.restoreSplits(splits);
    again.batch('a', 20);
    again.batch('b', 60);
    expect(again.trace.filter((entry) => String(entry).startsWith('w'))).toEqual(['w54']);
    const custom = await Rig.open({ strategy: customWatermarks(() => ({ onEvent: (_: unknown, timestamp: number, output: WatermarkOutput) => output.emitWatermark(timestamp) })) });
    custom.source.restoreSplits(splits.slice(0, 1));
    custom.batch('a', 20);
    custom.batch('a', 120);
    expect(custom.trace).toEqual(['r20', 'r120', 'w120']);
  });

  it('gives records of a source without timestamps none, or those of the assigner, or the time of reading', async () => {
    const none = await Rig.open({ strategy: noWatermarks() });
    none.reader.batches.push({ split: 'a', records: [['x']] });
    none.source.poll();
    none.source.run(GO);
    expect(none.harness.outputs[0]!.timestamp).toBeUndefined();
    expect(none.harness.nextWake).toBe(Infinity);
    const seen: unknown[] = [];
    const assigned = await Rig.open({ strategy: monotonousTimestamps<{ offset: number }>((value, source) => { seen.push(source); return BASE + value.offset * 2; }) });
    assigned.batch('a', 7);
    expect(assigned.trace).toEqual(['r14', 'w13']);
    expect(seen).toEqual([BASE + 7]);
    const read = await Rig.open({ strategy: ingestionTime() });
    read.harness.processingTime(BASE + 3);
    read.batch('a', 7);
    expect(read.trace).toEqual(['r3', 'w2']);
  });

  it('R12 refuses a timestamp that is none, naming the operator, and knows the place of the record', async () => {
    const rig = await Rig.open({ strategy: monotonousTimestamps<{ at: string }>((value) => value.at as unknown as number) });
    rig.reader.batches.push({ split: 'file-a', records: [[{ at: BASE }], [{ at: '2024-01-01' }]] });
    rig.source.poll();
    expect(rig.source.currentPlace()).toEqual({ source: 'orders' });
    expect(() => rig.source.run(GO)).toThrow(/MR-1101.*"2024-01-01"[^]*operator orders/);
    expect(rig.source.currentPlace()).toEqual({ source: 'orders', split: 'file-a', offset: 10 });
  });

  it('stops in the middle of a batch when told, and goes on where it was', async () => {
    const rig = await Rig.open();
    rig.assign('a');
    rig.reader.batches.push({ split: 'a', records: Array.from({ length: 150 }, (_, i) => [i, BASE + i]) });
    rig.source.poll();
    expect(rig.source.run({ stopped: false, hasTime: () => false })).toBe(false);
    expect(rig.harness.outputs).toHaveLength(64);
    expect(rig.source.run({ stopped: false, hasTime: () => false })).toBe(false);
    expect(rig.source.run({ stopped: false, hasTime: () => false })).toBe(true);
    expect(rig.harness.outputs).toHaveLength(150);
    expect(rig.source.recordsIn).toBe(150);
  });

  it('hands dead letters to their side output only when it is read', async () => {
    const read = await Rig.open({ sideOutputs: ['deadLetters'] });
    read.reader.context!.deadLetters!({ reason: 'x', operator: 'orders', source: 'orders', split: 'a', offset: 1, raw: new Uint8Array(1) });
    expect(read.harness.side('deadLetters')).toHaveLength(1);
    expect((await Rig.open()).reader.context!.deadLetters).toBeUndefined();
  });

  it('reads few records at once where reading takes long', async () => {
    const rig = await Rig.open();
    rig.assign('a');
    const asked: number[] = [];
    rig.reader.poll = (batch) => {
      asked.push(batch.capacity);
      batch.split = 'a';
      for (; batch.length < batch.capacity; batch.length++) {
        batch.values[batch.length] = {};
        batch.timestamps[batch.length] = BASE;
        rig.now += 10;
      }
      return 'more';
    };
    for (let turn = 0; turn < 6; turn++) {
      rig.source.poll();
      rig.source.run(GO);
    }
    expect(asked).toEqual([16, 8, 8, 8, 8, 8]);
  });

  it('says which source failed to open, to poll and to fetch', async () => {
    const rig = await Rig.open();
    rig.reader.failure = new Error('gone');
    expect(() => rig.source.poll()).toThrow(/MR-2012.*"orders" could not be read: gone/);
    await expect(rig.source.available()).rejects.toThrow('MR-2012');
    const failing = { kind: 'test', bounded: true, createReader: () => { throw new Error('no such topic'); } } as unknown as Source<unknown>;
    const source = new SourceOperator(failing, { watermarks: { kind: 'none' } }, { platform: { clock: { now: () => 0, monotonicMs: () => 0 } } as unknown as Platform, coordinator: { requestSplit() {}, reportWatermark() {} }, watermarkIntervalMs: 1, watermarkPerRecord: false, batchSize: 8 });
    await expect(OperatorHarness.open({ create: () => source }, { name: 'orders' })).rejects.toThrow(/MR-2012.*could not be opened: no such topic/);
  });

  it('passes on what checkpoints and the end mean to the reader', async () => {
    const rig = await Rig.open();
    rig.source.noMoreSplits();
    rig.source.checkpointComplete(7);
    await rig.harness.close();
    expect(rig.reader.calls).toEqual(['start', 'noMoreSplits', 'complete 7', 'close']);
  });
});

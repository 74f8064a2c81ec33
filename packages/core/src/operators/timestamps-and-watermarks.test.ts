import { describe, expect, it } from 'vitest';
import { boundedOutOfOrderness, customWatermarks, ingestionTime, monotonousTimestamps, noWatermarks } from '../functions/watermark-strategies.js';
import type { WatermarkOutput } from '../functions/watermark-strategy.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { runOperatorMatrix } from '../testing/operator-matrix.js';
import { mapOperator } from './map.js';
import { timestampsAndWatermarksOperator } from './timestamps-and-watermarks.js';

interface Event {
  readonly at: number;
}
const at = (event: Event): number => event.at;
const BASE = 1_700_000_000_000;

describe('timestamps and watermarks in the middle of a stream', () => {
  it('R17 emits the highest timestamp minus the bound minus 1, at each chance', async () => {
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(boundedOutOfOrderness<Event>(10, at)));
    harness.element({ at: BASE + 100 });
    harness.element({ at: BASE + 50 });
    expect(harness.watermarks).toEqual([]);
    harness.watermarkChance();
    harness.element({ at: BASE + 60 });
    harness.watermarkChance();
    harness.element({ at: BASE + 111 });
    harness.watermarkChance();
    expect(harness.watermarks).toEqual([BASE + 89, BASE + 100]);
    expect(harness.outputs.map(({ timestamp }) => timestamp)).toEqual([BASE + 100, BASE + 50, BASE + 60, BASE + 111]);
  });

  it('R17 ascending timestamps are a bound of 0, and the interval is a chance too', async () => {
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(monotonousTimestamps<Event>(at, { interval: 50 })));
    harness.element({ at: BASE });
    harness.processingTime(49);
    expect(harness.watermarks).toEqual([]);
    harness.processingTime(50);
    expect(harness.watermarks).toEqual([BASE - 1]);
  });

  it('R18 swallows watermarks and status from upstream, but for the final one, before which it emits a last time', async () => {
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(monotonousTimestamps<Event>(at)));
    harness.watermark(BASE + 500);
    harness.idle();
    harness.active();
    harness.element({ at: BASE });
    expect(harness.events).toHaveLength(1);
    harness.finish();
    expect(harness.watermarks).toEqual([BASE - 1, Infinity]);
  });

  it('R18 shows the event to the generator after it was emitted; watermarks that do not advance are swallowed', async () => {
    const strategy = customWatermarks<Event>(
      () => ({ onEvent: (event: Event, timestamp: number, output: WatermarkOutput) => { if (timestamp % 10 === 0) output.emitWatermark(event.at); } }),
      at,
    );
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(strategy));
    for (const offset of [0, 3, 20, 10, 20, 30]) harness.element({ at: BASE + offset });
    const trace = harness.events.map((event) => (event.kind === 'record' ? `r${event.timestamp! - BASE}` : event.kind === 'watermark' ? `w${event.watermark - BASE}` : 's'));
    expect(trace).toEqual(['r0', 'w0', 'r3', 'r20', 'w20', 'r10', 'r20', 'r30', 'w30']);
  });

  it('declares itself idle after silence and active with the next watermark that advances', async () => {
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(monotonousTimestamps<Event>(at, { idleness: 1000, interval: 100 })));
    harness.element({ at: BASE });
    for (let time = 100; time <= 1300; time += 100) harness.processingTime(time);
    harness.element({ at: BASE + 5 });
    harness.watermarkChance();
    expect(harness.events.map((event) => (event.kind === 'status' ? event.idle : event.kind))).toEqual(['record', 'watermark', true, 'record', false, 'watermark']);
  });

  it('lets a generator declare idleness', async () => {
    const strategy = customWatermarks<Event>(() => ({ onPeriodic: (output: WatermarkOutput) => output.markIdle() }), at);
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(strategy));
    harness.watermarkChance();
    harness.watermarkChance();
    expect(harness.events).toEqual([{ kind: 'status', idle: true }]);
  });

  it('puts the old timestamp back, and gives none where there is none', async () => {
    const harness = await OperatorHarness.open([timestampsAndWatermarksOperator(noWatermarks()), mapOperator((event: Event) => event)]);
    harness.element({ at: 1 }, 77);
    harness.element({ at: 2 });
    expect(harness.outputs.map(({ timestamp }) => timestamp)).toEqual([77, undefined]);
  });

  it('takes the time of processing as ingestion time, which does not go back', async () => {
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(ingestionTime()), { processingTime: BASE });
    harness.element({ at: 1 });
    harness.processingTime(BASE + 10);
    harness.element({ at: 2 });
    harness.processingTime(BASE + 5);
    harness.element({ at: 3 });
    harness.watermarkChance();
    expect(harness.outputs.map(({ timestamp }) => timestamp! - BASE)).toEqual([0, 10, 10]);
    expect(harness.watermarks).toEqual([BASE + 9]);
  });

  it('is the same in every way it may be run', async () => {
    await runOperatorMatrix([
      {
        name: 'punctuated',
        operators: () =>
          timestampsAndWatermarksOperator(
            customWatermarks<Event>(() => ({ onEvent: (_: Event, timestamp: number, output: WatermarkOutput) => output.emitWatermark(timestamp - 1) }), at),
          ),
        script: [1, 5, 3, 9].map((offset) => ({ element: { at: BASE + offset } })),
      },
    ]);
  });

  it.each([
    ['a string', '2024-01-01', 'Date.parse'],
    ['a Date', new Date(0), 'getTime'],
    ['undefined', undefined, 'filter out'],
    ['NaN', Number.NaN, 'missing or no number'],
    ['a bigint', 5n, 'Number(value)'],
  ])('R12 refuses %s as a timestamp, with a hint', async (_name, value, hint) => {
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(monotonousTimestamps(() => value as number)), { name: 'times' });
    expect(() => harness.element({ at: 1 })).toThrow(new RegExp(`MR-1101[^]*times[^]*${hint.replace(/[()]/g, '\\$&')}`));
  });

  it('warns once of timestamps that look like seconds', async () => {
    const harness = await OperatorHarness.open(timestampsAndWatermarksOperator(monotonousTimestamps<Event>(at)));
    harness.element({ at: 1_700_000_000 });
    harness.element({ at: 1_700_000_001 });
    expect(harness.logged.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('says which part of a strategy threw', async () => {
    const timestamps = await OperatorHarness.open(timestampsAndWatermarksOperator(monotonousTimestamps<Event>((event) => (event as unknown as { a: { b: number } }).a.b)));
    expect(() => timestamps.element({ at: 1 })).toThrow(/MR-2001.*the timestamp function/);
    const events = await OperatorHarness.open(timestampsAndWatermarksOperator(customWatermarks<Event>(() => ({ onEvent: () => { throw new Error('x'); } }), at)));
    expect(() => events.element({ at: BASE })).toThrow(/MR-2001.*onEvent of the watermark generator/);
    const nan = await OperatorHarness.open(timestampsAndWatermarksOperator(customWatermarks<Event>(() => ({ onPeriodic: (output) => output.emitWatermark(Number.NaN) }), at)));
    expect(() => nan.watermarkChance()).toThrow('MR-2008');
    await expect(OperatorHarness.open(timestampsAndWatermarksOperator(customWatermarks(() => { throw new Error('x'); })))).rejects.toThrow('MR-2001');
  });
});

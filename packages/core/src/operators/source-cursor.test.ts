import { describe, expect, it } from 'vitest';
import type { Platform } from '../base/platform.js';
import { PositionReader } from '../connector/position-reader.js';
import type { PollResult, Source, SourceReader, Split } from '../connector/source.js';
import { boundedOutOfOrderness } from '../functions/watermark-strategies.js';
import { OperatorHarness } from '../testing/operator-harness.js';
import { SourceOperator } from './source.js';

const BASE = 1_700_000_000_000;

/** Numbers from 0 on; `unmakeable` cannot be made. Counts how its records are asked for. */
function numbers(unmakeable: number = -1): { readonly source: Source<unknown, never>; readonly asked: { polls: number; records: number } } {
  const asked = { polls: 0, records: 0 };
  const recordAt = (position: number): number => {
    asked.records++;
    if (position === unmakeable) throw new Error('the well is dry');
    return position;
  };
  const createReader: Source<number>['createReader'] = (context) => {
    const reader = new PositionReader({ recordAt, timestampAt: (_, position) => BASE + position }, context);
    const poll = reader.poll.bind(reader);
    reader.poll = (batch): PollResult => {
      asked.polls++;
      return poll(batch);
    };
    return reader as unknown as SourceReader<number, Split>;
  };
  return { source: { bounded: true, kind: 'numbers', createReader } as unknown as Source<unknown, never>, asked };
}

async function open(source: Source<unknown, never>, generateCode: boolean): Promise<{ readonly operator: SourceOperator; readonly harness: OperatorHarness }> {
  const platform = { clock: { now: () => 0, monotonicMs: () => 0 }, timers: {} } as unknown as Platform;
  const coordinator = { requestSplit: () => undefined, reportWatermark: () => undefined };
  const runtime = { platform, coordinator, watermarkIntervalMs: 200, watermarkPerRecord: false, batchSize: 256, generateCode };
  const operator = new SourceOperator(source, boundedOutOfOrderness(5), runtime);
  const harness = await OperatorHarness.open({ create: () => operator });
  return { operator, harness };
}

const split = (position: number, end: number, step: number = 1): Split => ({ id: 'n', position, end, step }) as Split;

describe('a source whose reader has a cursor', () => {
  it('gives the same records, timestamps and watermarks with generated code and without', async () => {
    const runs = [];
    for (const generateCode of [false, true]) {
      const { source, asked } = numbers();
      const { operator, harness } = await open(source, generateCode);
      operator.addSplits([split(0, 100)]);
      operator.noMoreSplits();
      while (operator.poll() !== 'end') operator.run({ stopped: false, hasTime: () => true });
      operator.end();
      runs.push({ story: harness.events, recordsIn: operator.recordsIn, made: asked.records });
      expect(asked.polls).toBe(0);
      await harness.close();
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[0]).toMatchObject({ recordsIn: 100, made: 100 });
  });

  it('makes a record only when it may enter the chain, and goes on where it stopped', async () => {
    const { source, asked } = numbers();
    const { operator, harness } = await open(source, true);
    operator.addSplits([split(0, 16)]);
    operator.poll();
    expect(asked.records).toBe(0);
    let looks = 0;
    const stop = { get stopped() { return ++looks > 3; }, hasTime: () => true };
    expect(operator.run(stop)).toBe(false);
    expect({ made: asked.records, recordsIn: operator.recordsIn, place: operator.currentPlace() }).toMatchObject({ made: 3, recordsIn: 3, place: { split: 'n', offset: 2 } });
    expect(operator.run({ stopped: false, hasTime: () => true })).toBe(true);
    expect(harness.values).toEqual(Array.from({ length: 16 }, (_, n) => n));
    await harness.close();
  });

  it('takes records that stand apart by their offsets, over batches and stops', async () => {
    const runs = [];
    for (const generateCode of [false, true]) {
      const { source } = numbers();
      const { operator, harness } = await open(source, generateCode);
      operator.addSplits([split(5, 1000, 3)]);
      operator.noMoreSplits();
      const places: unknown[] = [];
      while (operator.poll() !== 'end') {
        while (!operator.run({ stopped: false, hasTime: () => false })) places.push(operator.currentPlace());
      }
      operator.end();
      expect(harness.values).toEqual(Array.from({ length: 332 }, (_, n) => 5 + 3 * n));
      runs.push({ story: harness.events, recordsIn: operator.recordsIn, places: places.length > 0 });
      for (const place of places) expect(harness.values).toContain((place as { offset: number }).offset);
      await harness.close();
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[0]).toMatchObject({ recordsIn: 332, places: true });
  });

  it.each([true, false])('says of which record it was when one cannot be made, after those before it have gone through; generated code %s', async (generateCode) => {
    const { source } = numbers(7);
    const { operator, harness } = await open(source, generateCode);
    operator.addSplits([split(2, 16)]);
    operator.poll();
    expect(() => operator.run({ stopped: false, hasTime: () => true })).toThrow(/could not be read: the well is dry/);
    expect(harness.values).toEqual([2, 3, 4, 5, 6]);
    expect(operator.currentPlace()).toMatchObject({ split: 'n', offset: 7 });
    await harness.close();
  });
});

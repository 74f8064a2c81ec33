import { describe, expect, it } from 'vitest';
import { boundedOutOfOrderness, customWatermarks, ingestionTime, monotonousTimestamps, noWatermarks } from './watermark-strategies.js';

describe('watermark strategies', () => {
  it('R17 are bounds: monotonous is a bound of 0', () => {
    expect(monotonousTimestamps().watermarks).toEqual({ kind: 'boundedOutOfOrderness', boundMs: 0 });
    expect(boundedOutOfOrderness('10 s').watermarks).toEqual({ kind: 'boundedOutOfOrderness', boundMs: 10_000 });
    expect(noWatermarks().watermarks).toEqual({ kind: 'none' });
    expect(ingestionTime().watermarks).toEqual({ kind: 'ingestionTime' });
  });

  it('take idleness, alignment and interval as durations', () => {
    const timestamp = (order: { at: number }): number => order.at;
    const strategy = boundedOutOfOrderness<{ at: number }>(5, timestamp, { idleness: '1 min', alignment: { group: 'g', maxDrift: '30 s' }, interval: 50 });
    expect(strategy).toEqual({
      timestamp,
      watermarks: { kind: 'boundedOutOfOrderness', boundMs: 5 },
      idleAfterMs: 60_000,
      alignment: { group: 'g', maxDriftMs: 30_000 },
      intervalMs: 50,
    });
    expect(Object.isFrozen(strategy)).toBe(true);
  });

  it('make a generator per split', () => {
    const create = (): object => ({});
    expect(customWatermarks(create).watermarks).toEqual({ kind: 'custom', create });
  });

  it('refuse what makes no sense', () => {
    expect(() => monotonousTimestamps('timestamp' as never)).toThrow(/MR-1202.*function of the record/);
    expect(() => customWatermarks({} as never)).toThrow('MR-1202');
    expect(() => monotonousTimestamps(undefined, { idle: 5 } as never)).toThrow(/MR-1202.*no option "idle"/);
    expect(() => monotonousTimestamps(undefined, { idleness: 0 })).toThrow('MR-1202');
    expect(() => monotonousTimestamps(undefined, { alignment: { group: '', maxDrift: 1 } })).toThrow('MR-1202');
    expect(() => monotonousTimestamps(undefined, 5 as never)).toThrow('MR-1202');
    expect(() => boundedOutOfOrderness(-1)).toThrow('MR-1004');
  });
});

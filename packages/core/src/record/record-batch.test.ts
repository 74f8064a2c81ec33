import { describe, expect, it } from 'vitest';
import { ACTIVE, barrierElement, END_OF_INPUT, IDLE, watermarkElement } from './element.js';
import { numberShape } from './number-columns.js';
import { RecordBatch } from './record-batch.js';

describe('RecordBatch', () => {
  it('fills, carries a trailing watermark, and drops its references when cleared', () => {
    const batch = new RecordBatch(2);
    expect(batch.isEmpty).toBe(true);
    batch.append('a', Number.NaN);
    batch.append('b', 5);
    expect(batch.isFull).toBe(true);
    expect(() => batch.append('c', 6)).toThrow('full batch');
    batch.setWatermark(4);
    batch.setWatermark(5);
    expect([batch.length, batch.watermark, batch.hasWatermark]).toEqual([2, 5, true]);
    expect([...batch.timestamps]).toEqual([Number.NaN, 5]);
    batch.clear();
    expect(batch.values).toEqual([undefined, undefined]);
    expect([batch.length, batch.hasWatermark, batch.isEmpty]).toEqual([0, false, true]);
    batch.setWatermark(7);
    expect(() => batch.append('d', 7)).toThrow('watermark');
    expect(() => batch.append('d', Number.NaN)).toThrow('watermark');
    batch.append('d', 8);
    expect([batch.length, batch.watermark]).toEqual([1, 7]);
    expect(() => new RecordBatch(0)).toThrow();
  });

  it('makes records of its columns of numbers when one is added that is none, and forgets them when cleared', () => {
    const batch = new RecordBatch(4);
    const { data, stride } = batch.holdNumbers(numberShape(['a', 'b'])!);
    [data[0], data[stride], batch.length] = [1, 2, 1];
    expect([batch.values[0], batch.take(0)]).toEqual([undefined, { a: 1, b: 2 }]);
    batch.append('c', 1);
    expect([batch.holdsNumbers, batch.take(0), batch.take(1)]).toEqual([false, { a: 1, b: 2 }, 'c']);
    batch.clear();
    expect([batch.values[0], batch.values[1], batch.read]).toEqual([undefined, undefined, undefined]);
    batch.holdNumbers(numberShape(['a', 'b'])!);
    batch.clear();
    expect([batch.holdsNumbers, batch.read]).toEqual([false, undefined]);
  });

  it('has frozen elements with a literal kind', () => {
    expect([ACTIVE.status, IDLE.status, END_OF_INPUT.kind, watermarkElement(3).watermark]).toEqual(['active', 'idle', 'endOfInput', 3]);
    const barrier = barrierElement(7, 1, { alignment: 'exactly-once', savepoint: { then: 'stop', drain: false } });
    expect([barrier.kind, barrier.checkpointId, Object.isFrozen(barrier)]).toEqual(['barrier', 7, true]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../base/bytes.js';
import { MillraceError } from '../../base/errors.js';
import { batchCodecFor } from '../codec/batch-codec.js';
import { ACTIVE, barrierElement, END_OF_INPUT, IDLE, watermarkElement, type StreamElement } from '../element.js';
import { EncodingMalformed, FormatUnknown } from '../errors.js';
import { RecordBatch } from '../record-batch.js';
import { t } from '../types/t.js';
import { frameLength, readFrame, writeBatchFrame, writeFrame } from './frame.js';

const codec = batchCodecFor(t.dynamic);

function batchOf(...values: unknown[]): RecordBatch {
  const batch = new RecordBatch(8);
  values.forEach((value, i) => batch.append(value, i));
  return batch;
}

const elements: StreamElement[] = [
  watermarkElement(5),
  watermarkElement(Number.NEGATIVE_INFINITY),
  watermarkElement(Number.POSITIVE_INFINITY),
  IDLE,
  ACTIVE,
  barrierElement(2 ** 40, 1.7e12, { alignment: 'exactly-once' }),
  barrierElement(1, 0, { alignment: 'at-least-once' }),
  barrierElement(1, 0, { alignment: 'exactly-once', savepoint: { then: 'stop', drain: true } }),
  barrierElement(1, 0, { alignment: 'exactly-once', savepoint: { then: 'continue', drain: false } }),
  END_OF_INPUT,
];

describe('frames', () => {
  it('carry every element, one after the other', () => {
    const writer = new ByteWriter(8);
    for (const element of elements) writeFrame(element, codec, writer);
    const batch = batchOf({ a: 1 }, { a: 2 });
    batch.setWatermark(17);
    writeBatchFrame(batch, codec, writer);
    writeBatchFrame(batchOf('x', 1), codec, writer);
    const reader = new ByteReader(writer.toBytes());
    for (const element of elements) {
      expect(frameLength(reader)).toBeLessThan(40);
      expect(readFrame(reader, codec)).toEqual(element);
    }
    const pooled = new RecordBatch(4);
    const first = readFrame(reader, codec, () => pooled);
    expect(first).toEqual({ kind: 'batch', batch: pooled });
    expect([pooled.length, pooled.watermark, pooled.hasWatermark, pooled.values[1], pooled.timestamps[1]]).toEqual([2, 17, true, { a: 2 }, 1]);
    const second = readFrame(reader, codec);
    expect(second.kind === 'batch' && [second.batch.length, second.batch.hasWatermark]).toEqual([2, false]);
    expect(reader.remaining).toBe(0);
    expect(frameLength(reader)).toBeUndefined();
  });

  it('carry partial accumulators with their keys and numbers of records', () => {
    const batch = new RecordBatch(8);
    batch.appendPartial(7, { n: 1, text: 'x' }, 3, 20);
    batch.appendPartial('a', { n: 2, text: 'y' }, 1, 10);
    batch.setWatermark(30);
    const writer = new ByteWriter();
    for (let turn = 0; turn < 3; turn++) writeBatchFrame(batch, codec, writer);
    writeBatchFrame(batchOf('x'), codec, writer);
    const reader = new ByteReader(writer.toBytes());
    const pooled = new RecordBatch(8);
    for (let turn = 0; turn < 3; turn++) {
      readFrame(reader, codec, () => pooled);
      expect([pooled.length, pooled.holdsPartials, pooled.watermark, pooled.keys?.length]).toEqual([2, true, 30, 2]);
      expect(pooled.values.slice(0, 2)).toEqual([{ n: 1, text: 'x' }, { n: 2, text: 'y' }]);
      expect(pooled.keys?.values.slice(0, 3)).toEqual([7, 'a', undefined]);
      expect([...pooled.timestamps.slice(0, 2), ...pooled.keys!.timestamps.slice(0, 2)]).toEqual([20, 10, 3, 1]);
      pooled.clear();
    }
    readFrame(reader, codec, () => pooled);
    expect([pooled.holdsPartials, pooled.values[0], pooled.keys?.values[0]]).toEqual([false, 'x', undefined]);
  });

  it('refuse partial accumulators that have not as many keys', () => {
    const batch = new RecordBatch(8);
    batch.appendPartial(7, { n: 1 }, 3, 20);
    batch.partialKeys().append(8, 1);
    const writer = new ByteWriter();
    writeBatchFrame(batch, codec, writer);
    expect(() => readFrame(new ByteReader(writer.toBytes()), codec)).toThrow('MR-1109');
  });

  it('leave the writer as it was when a record cannot be sent', () => {
    const writer = new ByteWriter();
    expect(() => writeBatchFrame(batchOf(() => 1), codec, writer)).toThrow('MR-1105');
    expect(writer.length).toBe(0);
  });

  it('refuse other formats and versions by name, and damage with a code', () => {
    const read = (...bytes: number[]): unknown => {
      try {
        readFrame(new ByteReader(new Uint8Array(bytes)), codec);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(FormatUnknown.is(read(1, 2, 3, 4))).toBe(true);
    expect(FormatUnknown.is(read(0x4d, 0x52, 2, 5, 0, 0, 0, 0))).toBe(true);
    expect(FormatUnknown.is(read(0x4d, 0x52, 1, 9, 0, 0, 0, 0))).toBe(true);
    expect(EncodingMalformed.is(read(0x4d, 0x52, 1, 5, 1, 0, 0, 0))).toBe(true);
    expect(EncodingMalformed.is(read(0x4d, 0x52, 1, 5, 1, 0, 0, 0, 9))).toBe(true);
    expect(EncodingMalformed.is(read(0x4d, 0x52, 1, 3, 1, 0, 0, 0, 9))).toBe(true);
    const writer = new ByteWriter();
    writeBatchFrame(batchOf({ a: 'text', b: [1] }, { a: 'other', b: null }), codec, writer);
    for (const element of elements) writeFrame(element, codec, writer);
    const whole = writer.toBytes();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = whole.slice();
        bytes[at]! ^= flip;
        const reader = new ByteReader(bytes);
        try {
          while (reader.remaining > 0) readFrame(reader, codec);
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

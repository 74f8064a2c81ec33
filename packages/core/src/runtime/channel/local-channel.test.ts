import { describe, expect, it } from 'vitest';
import type { RecordBatch } from '../../record/record-batch.js';
import { END_OF_INPUT, watermarkElement } from '../../record/element.js';
import { codecTransfer } from './codec-transfer.js';
import { CHANNEL_CREDITS, LocalChannel } from './local-channel.js';

function batchOf(channel: LocalChannel, ...values: unknown[]): RecordBatch {
  const batch = channel.newBatch();
  values.forEach((value, index) => batch.append(value, index));
  return batch;
}

describe.each([
  ['handing the batch over', () => new LocalChannel(8, undefined)],
  ['through the codec', () => new LocalChannel(8, codecTransfer(undefined))],
])('local channel, %s', (_name, create) => {
  it('keeps the order of batches and other elements, with timestamps and trailing watermark', () => {
    const channel = create();
    const first = batchOf(channel, { a: 1 }, 'two');
    first.setWatermark(99);
    channel.sendBatch(first);
    channel.send(watermarkElement(100));
    channel.send(END_OF_INPUT);
    const element = channel.poll();
    expect(element).toMatchObject({ kind: 'batch', batch: { length: 2, hasWatermark: true, watermark: 99 } });
    const { batch } = element as { batch: RecordBatch };
    expect([batch.values[0], batch.values[1], batch.timestamps[1]]).toEqual([{ a: 1 }, 'two', 1]);
    expect([channel.poll(), channel.poll(), channel.poll()]).toMatchObject([{ kind: 'watermark', watermark: 100 }, { kind: 'endOfInput' }, undefined]);
  });

  it('has credit again only after a batch was released, and tells so once', () => {
    const channel = create();
    let told = 0;
    channel.onCredit(() => told++);
    for (let sent = 0; sent < CHANNEL_CREDITS + 1; sent++) channel.sendBatch(batchOf(channel, sent));
    expect(channel.hasCredit).toBe(false);
    const release = (): void => channel.release((channel.poll() as { batch: RecordBatch }).batch);
    release();
    expect([channel.hasCredit, told]).toEqual([false, 0]);
    release();
    expect([channel.hasCredit, told]).toEqual([true, 1]);
    release();
    expect([channel.hasCredit, told]).toEqual([true, 1]);
  });

  it('wakes the reader when an element comes into the empty channel', () => {
    const channel = create();
    let woken = 0;
    channel.onElement(() => woken++);
    channel.send(watermarkElement(1));
    channel.send(watermarkElement(2));
    channel.poll();
    channel.poll();
    channel.send(watermarkElement(3));
    expect(woken).toBe(2);
  });

  it('keeps only the last of watermarks that follow each other unread, and the order of all else', () => {
    const channel = create();
    channel.sendBatch(batchOf(channel, 1));
    for (let watermark = 1; watermark <= 1000; watermark++) channel.send(watermarkElement(watermark));
    channel.sendBatch(batchOf(channel, 2));
    channel.send(watermarkElement(1001));
    channel.send(END_OF_INPUT);
    const elements = Array.from({ length: 6 }, () => channel.poll());
    expect(elements).toMatchObject([{ kind: 'batch' }, { watermark: 1000 }, { kind: 'batch' }, { watermark: 1001 }, { kind: 'endOfInput' }, undefined]);
  });

  it('drops the references of a batch that went back', () => {
    const channel = create();
    const batch = batchOf(channel, {});
    channel.sendBatch(batch);
    const received = (channel.poll() as { batch: RecordBatch }).batch;
    channel.release(received);
    expect([received.length, received.values[0]]).toEqual([0, undefined]);
  });
});

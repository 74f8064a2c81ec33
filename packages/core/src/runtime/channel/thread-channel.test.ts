import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barrierElement, END_OF_INPUT, IDLE, watermarkElement, type StreamElement } from '../../record/element.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import type { TaskSettings } from '../../task/ports.js';
import { InFlightLimit, MAX_BATCHES_IN_FLIGHT, MIN_BATCHES_IN_FLIGHT } from './in-flight-limit.js';
import { ThreadChannelReader } from './thread-channel-reader.js';
import { ThreadChannelWriter } from './thread-channel-writer.js';
import { ThreadExchange } from './thread-exchange.js';

const settings = { batchSize: 8, bufferTargetMs: 100 } as TaskSettings;

interface Rig {
  readonly platform: SimulatedPlatform;
  readonly writers: readonly ThreadChannelWriter[];
  readonly readers: readonly ThreadChannelReader[];
}

/** Some channels from one exchange to another. */
function rig(channels: number): Rig {
  const platform = new SimulatedPlatform({ seed: 1 });
  const [here, there] = platform.threads.createChannel();
  const [from, to] = [new ThreadExchange(here), new ThreadExchange(there)];
  const ids = Array.from({ length: channels }, (_, id) => id);
  const writers = ids.map((id) => from.addWriter(id, (link) => new ThreadChannelWriter(link, { type: undefined, settings, clock: platform.clock })));
  const readers = ids.map((id) => to.addReader(id, (link) => new ThreadChannelReader(link, { type: undefined, settings })));
  from.open();
  to.open();
  return { platform, writers, readers };
}

function send(writer: ThreadChannelWriter, values: readonly unknown[], watermark?: number): void {
  const batch = writer.newBatch();
  for (const value of values) batch.append(value, 7);
  if (watermark !== undefined) batch.setWatermark(watermark);
  writer.sendBatch(batch);
}

/** What has come, batches as their values; each is released at once. */
function drain(reader: ThreadChannelReader): unknown[] {
  const seen: unknown[] = [];
  for (let element = reader.poll(); element !== undefined; element = reader.poll()) {
    if (element.kind === 'batch') {
      const { batch } = element;
      seen.push(Array.from({ length: batch.length }, (_, i) => batch.take(i)));
      if (element.batch.hasWatermark) seen.push(element.batch.watermark);
      reader.release(element.batch);
    } else {
      seen.push(element);
    }
  }
  return seen;
}

describe('channels between threads', () => {
  it('carry everything in order, each channel by itself', async () => {
    const { platform, writers, readers } = rig(2);
    const controls: StreamElement[] = [watermarkElement(5), IDLE, barrierElement(3, 9, { alignment: 'exactly-once' }), END_OF_INPUT];
    const [one, two] = writers as [ThreadChannelWriter, ThreadChannelWriter];
    send(one, [{ a: 1n }, null, undefined, new Map([['x', Number.NaN]])], 4);
    send(two, ['other']);
    for (const control of controls) one.send(control as never);
    await platform.advance(1);
    expect(drain(readers[0] as ThreadChannelReader)).toEqual([[{ a: 1n }, null, undefined, new Map([['x', Number.NaN]])], 4, ...controls]);
    expect(drain(readers[1] as ThreadChannelReader)).toEqual([['other']]);
  });

  it('say when the first element has come, and when credit is back', async () => {
    const { platform, writers: [writer], readers: [reader] } = rig(1) as { platform: SimulatedPlatform; writers: [ThreadChannelWriter]; readers: [ThreadChannelReader] };
    let woken = 0;
    let credits = 0;
    reader.onElement(() => woken++);
    writer.onCredit(() => credits++);
    let sent = 0;
    while (writer.hasCredit) {
      send(writer, [sent++]);
      expect(sent).toBeLessThanOrEqual(MAX_BATCHES_IN_FLIGHT);
    }
    await platform.advance(1);
    expect([woken, credits]).toEqual([1, 0]);
    expect(drain(reader)).toHaveLength(sent);
    await platform.advance(1);
    expect(credits).toBe(1);
    expect(writer.hasCredit).toBe(true);
  });

  it('never change a record, whatever buffers were used before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.record({ text: fc.string(), number: fc.double(), bytes: fc.uint8Array() }), { minLength: 1, maxLength: 8 }), { maxLength: 12 }), async (batches) => {
        const { platform, writers: [writer], readers: [reader] } = rig(1) as { platform: SimulatedPlatform; writers: [ThreadChannelWriter]; readers: [ThreadChannelReader] };
        const seen: unknown[] = [];
        for (const values of batches) {
          const batch = writer.newBatch();
          const fitting = values.slice(0, batch.capacity);
          for (const value of fitting) batch.append(value, 1);
          writer.sendBatch(batch);
          await platform.advance(1);
          seen.push(...drain(reader));
          await platform.advance(1);
        }
        expect(seen).toHaveLength(batches.length);
        seen.forEach((values, index) => expect(values).toEqual((batches[index] as unknown[]).slice(0, (values as unknown[]).length)));
      }),
      { numRuns: 50 },
    );
  });
});

describe('what may be in flight', () => {
  /** Lets a receiver work off `perMs` records per millisecond for a while, and gives the most records that were under way. */
  function settleAt(perMs: number, targetMs: number, batchSize: number): number {
    const limit = new InFlightLimit(targetMs, batchSize);
    let now = 0;
    let busyUntil = 0;
    let most = 0;
    const queue: number[] = [];
    for (let step = 0; step < 2000; step++) {
      while (limit.hasCredit) {
        const size = limit.batchSize;
        limit.sent(size, 100 * size, now);
        queue.push(size);
      }
      const size = queue.shift() as number;
      busyUntil = Math.max(busyUntil, now) + size / perMs;
      now = busyUntil;
      limit.returned(now);
      if (step > 1000) most = Math.max(most, queue.reduce((sum, length) => sum + length, 0) + size);
    }
    return most;
  }

  it('follows the speed of the receiver', () => {
    expect(settleAt(1000, 100, 1024)).toBeGreaterThan(8 * 1024);
    expect(settleAt(0.1, 100, 1024)).toBeLessThanOrEqual(MIN_BATCHES_IN_FLIGHT * 256);
    const middle = settleAt(20, 100, 1024);
    expect(middle).toBeGreaterThan(1000);
    expect(middle).toBeLessThan(4000);
  });
});

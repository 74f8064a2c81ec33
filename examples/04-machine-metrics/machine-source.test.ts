import { SimulatedPlatform, SourceDriver, type SourceSnapshot } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { machineSource, type Sample } from './machine-source.js';

const START = Date.UTC(2026, 2, 2, 12);

/** Reads the source to its end on a simulated machine, where a second passes in no time. */
async function read(samples: number, options: { readonly parallelism?: number; readonly restored?: SourceSnapshot } = {}): Promise<SourceDriver<Sample>> {
  const platform = new SimulatedPlatform({ seed: 1, startMs: START });
  const driver = new SourceDriver(machineSource({ everyMs: 1_000, samples, diskPath: '/' }), { platform, ...options });
  await driver.start();
  let ended = false;
  const reading = driver.drain().finally(() => (ended = true));
  await platform.run(() => ended);
  await reading;
  await driver.close();
  return driver;
}

describe('the source of machine figures', () => {
  it('takes a sample in each interval, and ends after as many as it was told', async () => {
    const { records } = await read(5);
    expect(records.map(({ timestamp }) => timestamp - START)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);
    for (const { value, timestamp } of records) {
      expect(value.timestamp).toBe(timestamp);
      for (const share of [value.cpu, value.memory, value.disk]) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(100);
      }
    }
  });

  it('reads one machine, whatever the parallelism', async () => {
    const { records } = await read(3, { parallelism: 3 });
    expect(records.map(({ subtask }) => subtask)).toEqual([0, 0, 0]);
  });

  it('goes on counting after a restore', async () => {
    const first = await read(2);
    const second = await read(5, { restored: first.snapshot() });
    expect(second.records.map(({ offset }) => offset)).toEqual([2, 3, 4]);
  });
});

import { runLocally } from 'millrace/spi';
import { SimulatedPlatform } from 'millrace/testing';
import { StreamEnvironment } from 'millrace';
import { describe, expect, it } from 'vitest';
import { NexmarkGenerator } from './generator/generator.js';
import { takingSink } from './engine-run.js';
import { isBid } from './model.js';
import { q12 } from './queries/q12.js';
import { nexmark } from './source.js';

const EVENTS = 20_000;
/** The stream then takes twenty seconds of virtual time, and its last window ends while the source lingers. */
const RATE = 1_000;
const LINGER_SECONDS = 11;

interface Row {
  readonly bidder: number;
  readonly bids: number;
  readonly start: number;
  readonly end: number;
}

describe('q12, by the clock', () => {
  it.each([1, 2, 4])('counts every bid in one window of the virtual clock, with %i instances of everything', async (parallelism) => {
    const { rows, seconds } = await runAt(parallelism);
    expect(seconds).toBeGreaterThanOrEqual(EVENTS / RATE + LINGER_SECONDS - 1);
    expect(seconds).toBeLessThan(EVENTS / RATE + LINGER_SECONDS + 1);
    const bids = new Map<number, number>();
    const generator = new NexmarkGenerator();
    for (let n = 0; n < EVENTS; n++) {
      const event = generator.event(n);
      if (isBid(event)) bids.set(event.bidder, (bids.get(event.bidder) ?? 0) + 1);
    }
    const counted = new Map<number, number>();
    for (const row of rows) counted.set(row.bidder, (counted.get(row.bidder) ?? 0) + row.bids);
    expect([...counted].sort(byBidder)).toEqual([...bids].sort(byBidder));
    expect(new Set(rows.map(({ bidder, start }) => `${bidder} ${start}`)).size).toBe(rows.length);
    const windows = new Set(rows.map(({ start }) => start));
    expect(windows.size).toBeGreaterThanOrEqual(2);
    for (const { start, end } of rows) expect([start % 10_000, end - start]).toEqual([0, 10_000]);
  });
});

/** The rows, and how long it took by the virtual clock. */
async function runAt(parallelism: number): Promise<{ rows: Row[]; seconds: number }> {
  const rows: Row[] = [];
  const env = StreamEnvironment.create({ parallelism });
  q12.build({
    env,
    events: env.fromSource(nexmark({ events: EVENTS, rate: RATE, lingerMs: LINGER_SECONDS * 1000 })),
    folder: '',
    output: (stream) => void stream.sinkTo(takingSink((row) => rows.push(row as Row)) as never),
  });
  const platform = new SimulatedPlatform({ seed: 1, startMs: Date.UTC(2026, 2, 2) });
  const began = platform.clock.monotonicMs();
  const running = runLocally(env.buildProgram('q12'), platform);
  let ended = false;
  const done = running.done.finally(() => (ended = true));
  await platform.run(() => ended);
  await done;
  return { rows, seconds: (platform.clock.monotonicMs() - began) / 1000 };
}

function byBidder([left]: readonly [number, number], [right]: readonly [number, number]): number {
  return left - right;
}

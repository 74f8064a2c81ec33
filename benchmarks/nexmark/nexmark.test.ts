import { nodePlatform } from 'millrace/spi';
import { sourceKit } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { NexmarkGenerator } from './generator/generator.js';
import { streamHash } from './generator/stream-hash.js';
import { QUERIES } from './queries/queries.js';
import { nexmark } from './source.js';
import { resultsAfterRestart, resultsByHand, resultsOfEngine } from './verify.js';
import { YARDSTICKS } from './yardsticks/yardsticks.js';

const EVENTS = 60_000;

describe('the generator', () => {
  it.each([[1_000, '5ba2d248'], [100_000, '5127f967']])('makes the stream that all implementations share: %i events have the hash %s', (events, hash) => {
    expect(streamHash(events)).toBe(hash);
  });

  it('makes an event from its number alone, also far away', () => {
    const events = new NexmarkGenerator();
    const far = events.event(10_000_000_004);
    expect(events.event(7)).toEqual(new NexmarkGenerator().event(7));
    expect(far).toMatchObject({ kind: 2, dateTime: 1_700_000_000_000 + 100_000_000 });
    expect(new NexmarkGenerator().event(10_000_000_004)).toEqual(far);
  });
});

describe('the source', () => {
  const generator = new NexmarkGenerator();
  const expected = Array.from({ length: 500 }, (_, n) => generator.event(n + 30));
  const kit = sourceKit({ platform: nodePlatform(), create: () => nexmark({ first: 30, events: 500 }) as never, expected, textOf: (event) => JSON.stringify(event) });
  for (const { name, run } of kit) it(name, () => run());
});

describe.each(QUERIES.filter((query) => query.byClock !== true).map((query) => ({ ...query, query })))('$name: $title', ({ query }) => {
  const yardstick = YARDSTICKS.find(({ name }) => name === query.name)!;
  const byHand = resultsByHand(query, yardstick, EVENTS);

  it('gives what the loop by hand gives, updates in the same order', async () => {
    expect(byHand.rows).toBeGreaterThan(0);
    expect((await resultsOfEngine(query, EVENTS, 1)).exact).toBe(byHand.exact);
  });

  it.each([2, 4])('gives the same with %i instances of everything', async (parallelism) => {
    expect((await resultsOfEngine(query, EVENTS, parallelism)).lasting).toBe(byHand.lasting);
  });

  it('gives the same after it was cut off and went on from a checkpoint with another parallelism', async () => {
    const interruption = { events: EVENTS, rate: EVENTS, checkpointIntervalMs: 20, commits: 4, parallelism: 2 };
    expect((await resultsAfterRestart(query, interruption)).lasting).toBe(byHand.lasting);
  });
});

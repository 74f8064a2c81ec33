import { describe, expect, it } from 'vitest';
import { RateInvalid } from '../../connector/errors.js';
import { nodePlatform } from '../../platform/node/node-platform.js';
import { readAll, SourceDriver } from '../../testing/source-driver.js';
import { sourceKit } from '../../testing/source-kit.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { datagen } from '../datagen/datagen.js';
import { gen } from '../datagen/generators.js';
import { ConnectorFunctionFailed, ConnectorOptionInvalid } from '../errors.js';
import { asyncIterable } from './async-iterable-source.js';
import { collection, elements } from './collection-source.js';
import { sequence } from './sequence-source.js';

const platform = nodePlatform();
const numbers = Array.from({ length: 23 }, (_, index) => index);
const textOf = String;

async function* counting(to: number): AsyncGenerator<number> {
  for (let n = 0; n < to; n++) {
    if (n % 7 === 3) await new Promise((resolve) => setImmediate(resolve));
    yield n;
  }
}

const SOURCES = {
  elements: () => elements(...numbers),
  collection: () => collection(new Set(numbers), { timestamp: (value) => value }),
  sequence: () => sequence(0, 22),
  datagen: () => datagen({ fields: (index) => index, count: 23 }),
  asyncIterable: () => asyncIterable(() => counting(23), { maxBuffered: 4 }),
};

for (const [source, create] of Object.entries(SOURCES)) {
  describe(`${source} source`, () => {
    for (const { name, run } of sourceKit<number>({ platform, create: create as never, expected: numbers, textOf })) it(`kit: ${name}`, run);
  });
}

describe('small sources', () => {
  it('give timestamps where they are told how', async () => {
    const { records } = await readAll(collection(['a', 'b'], { timestamp: (_value, index) => index * 10 }), { platform });
    expect(records.map(({ timestamp, offset }) => [timestamp, offset])).toEqual([[0, 0], [10, 1]]);
    expect((await readAll(elements(1), { platform })).records[0]!.timestamp).toBeNaN();
    await expect(readAll(collection([1], { timestamp: () => 'x' as never }), { platform })).rejects.toThrow('MR-1101');
  });

  it('generate the same records for a seed at any parallelism, and others for another seed', async () => {
    const fields = {
      id: gen.sequence(100, 2), user: gen.text(5), n: gen.integer(1, 6), x: gen.float(0, 1), color: gen.oneOf(['red', 'green']), vip: gen.chance(0.5), at: gen.timestamp(1000, 10, 5),
    };
    const read = async (seed: number, parallelism: number): Promise<unknown[]> => {
      const { values } = await readAll(datagen({ seed, count: 500, fields, timestamp: ({ at }) => at }), { platform, parallelism });
      return [...values].sort((left, right) => left.id - right.id);
    };
    const one = await read(1, 1);
    expect(await read(1, 3)).toEqual(one);
    expect(await read(2, 1)).not.toEqual(one);
    const rolls = new Set(one.map((row) => (row as { n: number }).n));
    expect([...rolls].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keep to a rate over all subtasks, in virtual time', async () => {
    const simulated = new SimulatedPlatform({ seed: 3 });
    const start = simulated.clock.monotonicMs();
    const reading = readAll(sequence(1, 1000, { rate: 500 }), { platform: simulated, parallelism: 2 });
    let done = false;
    reading.finally(() => (done = true)).catch(() => undefined);
    await simulated.run(() => done);
    expect((await reading).values).toHaveLength(1000);
    const seconds = (simulated.clock.monotonicMs() - start) / 1000;
    expect(seconds).toBeGreaterThan(1.8);
    expect(seconds).toBeLessThan(2.2);
  });

  it('fail with the code of a function that failed, after what came before it', async () => {
    const broken = asyncIterable(async function* () {
      yield 1;
      throw new Error('the line is dead');
    });
    const driver = new SourceDriver(broken, { platform });
    await driver.start();
    await expect(driver.drain()).rejects.toSatisfy((error) => ConnectorFunctionFailed.is(error) && error.message.includes('the line is dead'));
    expect(driver.records.map(({ value }) => value)).toEqual([1]);
    await driver.close();
    await expect(readAll(datagen({ count: 1, fields: () => { throw new Error('no luck'); } }), { platform })).rejects.toSatisfy((error) => ConnectorFunctionFailed.is(error));
  });

  it('stop an async iterable when closed', async () => {
    let stopped = false;
    const endless = asyncIterable(async function* () {
      try {
        for (;;) yield 1;
      } finally {
        stopped = true;
      }
    }, { bounded: false });
    const driver = new SourceDriver(endless, { platform });
    await driver.start();
    while (driver.records.length < 10) if (driver.poll() === 'nothing') await driver.readers[0]!.available();
    await driver.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(true);
  });

  it('refuse settings that cannot be', () => {
    const wrong: (() => unknown)[] = [
      () => collection(5 as never), () => sequence(0.5, 1), () => sequence(0, 2 ** 60), () => asyncIterable([] as never), () => asyncIterable(counting(1), { maxBuffered: 0 }),
      () => datagen({ fields: null as never }), () => datagen({ fields: { a: 1 as never } }), () => datagen({ seed: 0.5, fields: () => 1 }), () => datagen({ count: -1, fields: () => 1 }),
      () => gen.integer(2, 1), () => gen.float(0, Number.NaN), () => gen.text(-1), () => gen.oneOf([]), () => gen.chance(2), () => gen.timestamp(0, 1, -1),
    ];
    for (const make of wrong) expect(make, String(make)).toThrow(ConnectorOptionInvalid.code);
    for (const rate of [0, -1, Number.NaN, Infinity, 'fast' as never]) expect(() => datagen({ rate, fields: () => 1 })).toThrow(RateInvalid.code);
  });
});

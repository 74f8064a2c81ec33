import { describe, expect, it } from 'vitest';
import { checkpointParts } from './checkpoints/parts.mjs';
import { LogHistogram } from './lib/log-histogram.mjs';
import { compare, recordOf } from './micro/guard.mjs';
import { microParts } from './micro/parts.mjs';
import { pipelineParts } from './pipeline/parts.mjs';

describe('the pipeline benchmark', () => {
  for (const [name, url] of Object.entries(pipelineParts)) {
    it(`${name}: every case runs on tiny sizes, and the rows of engine and hand loop are equal`, async () => {
      const { part } = await import(url.href);
      for (const each of part.cases) expect(await part.run(each, { smoke: true })).not.toEqual([]);
    });
  }
});

describe('the checkpoints benchmark', () => {
  // The others start workers, which run on the built packages only: `npm run bench -- checkpoints --smoke`.
  for (const [name, url] of Object.entries(checkpointParts).filter(([name]) => name === 'throughput' || name === 'incremental')) {
    it(`${name}: every case runs on tiny sizes`, { timeout: 60_000 }, async () => {
      const { part } = await import(url.href);
      for (const each of part.cases) expect(await part.run(each, { smoke: true })).not.toEqual([]);
    });
  }
});

describe('the micro benchmark', () => {
  for (const [name, url] of Object.entries(microParts)) {
    it(`${name}: every case runs on tiny sizes, and what comes of engine and yardstick is equal`, async () => {
      const { part } = await import(url.href);
      for (const each of part.cases) expect(await part.run(each, { smoke: true })).not.toEqual([]);
    });
  }

  it('part titles are their names, which the guard goes by', async () => {
    for (const [name, url] of Object.entries(microParts)) expect((await import(url.href)).part.title).toBe(name);
  });

  it('the guard lets a ratio fall by a quarter and no further', () => {
    const line = (value) => ({ part: 'codec', what: 'encode', value, spread: 0.01, foreignLoad: 0 });
    const recorded = recordOf([line(0.8)], { machine: 'a machine', takenAt: 'once' });
    expect(compare([line(0.61)], recorded)).toEqual({ fallen: [], unknown: [] });
    expect(compare([line(0.59)], recorded).fallen).toMatchObject([{ recorded: 0.8, value: 0.59 }]);
    expect(compare([{ ...line(0.1), what: 'decode' }], recorded)).toEqual({ fallen: [], unknown: ['codec: decode'] });
  });
});

describe('the histogram of latencies', () => {
  it('tells quantiles to within 1.6 %, and the maximum exactly', () => {
    const histogram = new LogHistogram();
    for (let value = 0; value < 100_000; value++) histogram.record(value);
    for (const q of [0.001, 0.5, 0.9, 0.99, 0.9999]) expect(Math.abs(histogram.quantile(q) / (q * 100_000) - 1)).toBeLessThan(1 / 60);
    expect(histogram.quantile(1)).toBe(99_999);
    expect(histogram.max).toBe(99_999);
  });

  it('adds up what several have seen, and takes what is beyond its range as its ends', () => {
    const [left, right] = [new LogHistogram(), new LogHistogram()];
    left.record(-3);
    right.record(2 ** 40);
    left.add(JSON.parse(JSON.stringify(right)));
    expect([left.count, left.quantile(0.5), left.max]).toEqual([2, 0, 2 ** 40]);
  });
});

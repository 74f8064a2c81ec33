import { expect, it } from 'vitest';
import { mergeHistograms, quantileOf, readHistogram } from './histogram-reading.js';
import { MetricRegistry } from './metrics.js';

it('adds histograms of several threads up as if all values had gone into one', () => {
  const bounds = [1, 10, 100];
  const [one, two, all] = ['one', 'two', 'all'].map((name) => new MetricRegistry().histogram(name, bounds)) as [ReturnType<MetricRegistry['histogram']>, ReturnType<MetricRegistry['histogram']>, ReturnType<MetricRegistry['histogram']>];
  for (const [index, value] of [0.5, 3, 7, 70, 700, 9].entries()) {
    (index % 2 === 0 ? one : two).record(value);
    all.record(value);
  }
  const merged = mergeHistograms(structuredClone([readHistogram(one), readHistogram(two)]));
  expect(merged).toEqual(readHistogram(all));
  for (const q of [0, 0.1, 0.5, 0.9, 1]) expect(quantileOf(merged, q)).toBe(all.quantile(q));
  expect(quantileOf(readHistogram(new MetricRegistry().histogram('empty')), 0.5)).toBeNaN();
});

it('refuses to add histograms up whose buckets differ', () => {
  const metrics = new MetricRegistry();
  const readings = [readHistogram(metrics.histogram('a', [1, 2])), readHistogram(metrics.histogram('b', [1, 3]))];
  expect(() => mergeHistograms(readings)).toThrow('same bounds');
});

import { expect, it } from 'vitest';
import { MetricNameTaken } from './base-errors.js';
import { MetricRegistry } from './metrics.js';

it('lists what was registered, with its scope and present value', () => {
  const root = new MetricRegistry(['job']);
  const operator = root.group('operator');
  expect(root.group('operator')).toBe(operator);
  const counter = operator.counter('numRecordsIn');
  counter.value += 3;
  expect(operator.counter('numRecordsIn')).toBe(counter);
  operator.gauge('currentInputWatermark', () => 1);
  operator.gauge('currentInputWatermark', () => 42n);
  operator.gauge('broken', () => {
    throw new Error('closing');
  });
  operator.histogram('size').record(5);
  expect(root.snapshot().map(({ scope, name, metric }) => [scope.join('.'), name, metric.kind, metric.kind === 'histogram' ? metric.histogram.count : metric.value])).toEqual([
    ['job.operator', 'numRecordsIn', 'counter', 3],
    ['job.operator', 'currentInputWatermark', 'gauge', 42n],
    ['job.operator', 'broken', 'gauge', undefined],
    ['job.operator', 'size', 'histogram', 1],
  ]);
  root.removeGroup('operator');
  expect(root.snapshot()).toEqual([]);
});

it('refuses one name for two kinds', () => {
  const group = new MetricRegistry();
  group.counter('a');
  group.gauge('b', () => 1);
  group.histogram('c');
  for (const clash of [() => group.gauge('a', () => 1), () => group.histogram('a'), () => group.counter('b'), () => group.counter('c'), () => group.gauge('c', () => 1), () => group.histogram('b')]) {
    expect(clash).toThrow(expect.toSatisfy(MetricNameTaken.is));
  }
});

it('estimates quantiles from fixed buckets, never below the truth and never above the largest value', () => {
  const histogram = new MetricRegistry().histogram('h', [10, 100, 1000]);
  expect(histogram.quantile(0.5)).toBeNaN();
  for (const value of [1, 10, 11, 100, 5000, Number.NaN]) histogram.record(value);
  expect(histogram.buckets()).toEqual([{ upTo: 10, count: 2 }, { upTo: 100, count: 2 }, { upTo: 1000, count: 0 }, { upTo: Infinity, count: 1 }]);
  expect([histogram.quantile(0), histogram.quantile(0.4), histogram.quantile(0.5), histogram.quantile(1)]).toEqual([10, 10, 100, 5000]);
  expect([histogram.count, histogram.sum, histogram.min, histogram.max]).toEqual([5, 5122, 1, 5000]);
});

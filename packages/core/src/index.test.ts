import { describe, expect, it } from 'vitest';
import * as api from './index.js';
import * as spi from './spi.js';

describe('the doors of the package', () => {
  it('run a job of the API without anything else', async () => {
    const job = api.defineJob({
      name: 'totals',
      args: { last: api.arg.number({ default: 4 }) },
      build(env, args) {
        env.fromSequence(1, args.last).keyBy((n) => n % 2).countWindow(2).aggregate({ total: api.sum(0) } as never).print('total');
      },
    });
    expect(spi.isJob(job)).toBe(true);
    const rows: number[] = [];
    const env = api.StreamEnvironment.create({ parallelism: 2 });
    for await (const n of env.fromSequence(1, 4).map((n) => n * n).executeAndCollect()) rows.push(n);
    expect(rows.sort((a, b) => a - b)).toEqual([1, 4, 9, 16]);
    expect(job.build({}).streamGraph.nodes.map((node) => node.type)).toEqual(['sequence-source', 'global-window', 'print-sink']);
  });

  it('hold what the words of the API promise', () => {
    for (const name of ['fileSource', 'fileSink', 'json', 'csv', 'raw', 'datagen', 'socketSource', 'elements', 'collection', 'sequence', 'asyncIterable', 'discardSink',
      'functionSink', 'printSink', 'collectSink', 'monotonousTimestamps', 'boundedOutOfOrderness', 'tumblingEventTime', 'Time', 'state', 't', 'type', 'arg', 'perSubtask', 'MillraceError']) {
      expect(Object.keys(api)).toContain(name);
    }
    for (const name of ['transform', 'codecFor', 'keyGroupOf', 'defineError', 'parseJobArguments', 'forbidExecution', 'runLocally', 'ERROR_CATALOGUE']) expect(Object.keys(spi)).toContain(name);
  });
});

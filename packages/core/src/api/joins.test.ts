import { describe, expect, it } from 'vitest';
import { elements } from '../connectors/memory/collection-source.js';
import { discardSink } from '../connectors/memory/discard-sink.js';
import { noWatermarks } from '../functions/watermark-strategies.js';
import { tumblingEventTime } from '../functions/window-assigners.js';
import { t } from '../record/types/t.js';
import { testJob, type JobTestRun } from '../testing/job-test-driver.js';
import { defineJobWith } from './job.js';
import type { SourceStream } from './streams.js';

interface Row {
  readonly id: string;
  readonly at: number;
}

const T0 = 1_700_000_040_000;
const row = (id: string, ms: number): Row => ({ id, at: T0 + ms });
const defineJob = defineJobWith(() => expect.unreachable('a job under test runs on the simulated platform'));

async function started(join: (left: SourceStream<Row>, right: SourceStream<Row>) => void): Promise<JobTestRun> {
  return testJob(defineJob({
    name: 'join',
    build(env) {
      const source = (name: string) => env.fromSource(elements<Row>(), { name, watermarks: noWatermarks((r) => r.at) });
      join(source('left'), source('right'));
    },
  }));
}

describe('joins of two streams', () => {
  it('R29 an interval join includes its bounds, buffers both sides for as long, and drops what is strictly late', async () => {
    const run = await started((left, right) => {
      const joined = left.keyBy('id').intervalJoin(right.keyBy('id'), { between: ['-5 ms', '10 ms'], lateLeft: 'lateLeft', lateRight: 'lateRight' },
        (l, r, ctx) => `${l.at - T0}/${r.at - T0} at ${ctx.timestamp - T0}`);
      joined.process({ output: t.string, processElement: (text, ctx, out) => out.collect(`${text}, ${ctx.timestamp! - T0}`) }).sinkTo(discardSink(), { name: 'pairs' });
      joined.side('lateLeft').map((r) => r.at - T0).sinkTo(discardSink(), { name: 'late left' });
      joined.side('lateRight').map((r) => r.at - T0).sinkTo(discardSink(), { name: 'late right' });
    });
    run.source('left').push(row('a', 100), row('b', 100));
    run.source('right').push(row('a', 94), row('a', 95), row('a', 110), row('a', 111));
    expect(run.take('pairs')).toEqual(['100/95 at 100, 100', '100/110 at 110, 110']);
    for (const side of ['left', 'right']) run.source(side).watermark(T0 + 106);
    run.source('right').push(row('a', 106), row('a', 105));
    expect(run.take('pairs')).toEqual(['100/106 at 106, 106']);
    run.source('left').push(row('a', 105), row('a', 106));
    expect(run.take<string>('pairs').toSorted()).toEqual(['106/106 at 106, 106', '106/110 at 110, 110', '106/111 at 111, 111']);
    expect([run.sink('late left'), run.sink('late right')]).toEqual([[105], [105]]);
    await run.finish();
  });

  it('R29 exclusive bounds leave a millisecond out', async () => {
    const run = await started((left, right) => {
      left.keyBy('id').intervalJoin(right.keyBy('id'), { between: [0, 2], lowerExclusive: true, upperExclusive: true }, (_l, r) => r.at - T0).sinkTo(discardSink(), { name: 'pairs' });
    });
    run.source('left').push(row('a', 0));
    run.source('right').push(row('a', 0), row('a', 1), row('a', 2));
    expect(run.sink('pairs')).toEqual([1]);
    await run.finish();
  });

  it('R30 a window join gives the cross product per key and window, with the end of the window as timestamp', async () => {
    const run = await started((left, right) => {
      left.join(right, { where: 'id', equalTo: (r) => r.id, window: tumblingEventTime('1 min') }, (l, r, { key, window }) => `${key} ${l.at - T0}x${r.at - T0} in ${window.start - T0}`)
        .process({ output: t.string, processElement: (text, ctx, out) => out.collect(`${text}, ${ctx.timestamp! - T0}`) })
        .sinkTo(discardSink(), { name: 'pairs' });
    });
    run.source('left').push(row('a', 1), row('a', 2), row('b', 3), row('a', 60_000));
    run.source('right').push(row('a', 5), row('a', 6), row('c', 7));
    expect(run.sink('pairs')).toEqual([]);
    await run.finish();
    expect(run.sink<string>('pairs').toSorted()).toEqual([
      'a 1x5 in 0, 59999', 'a 1x6 in 0, 59999', 'a 2x5 in 0, 59999', 'a 2x6 in 0, 59999',
    ]);
  });
});

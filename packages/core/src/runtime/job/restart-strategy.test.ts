import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../base/options.js';
import type { StreamGraph, StreamNode } from '../../graph/stream-graph.js';
import { restartStrategyOf } from './restart-options.js';
import { decideRestart, NO_FAILURES, type RestartStrategy } from './restart-strategy.js';

/** The decisions about failures at these times: the waits, or why there is none. */
function play(strategy: RestartStrategy, times: readonly number[], random = 0.5): (number | string)[] {
  let history = NO_FAILURES;
  return times.map((now) => {
    const next = decideRestart(strategy, history, { now, random });
    history = next.history;
    return next.decision.kind === 'restart' ? next.decision.delayMs : next.decision.reason;
  });
}

const exponential: RestartStrategy = { kind: 'exponential-delay', initialDelayMs: 1000, maxDelayMs: 60_000, multiplier: 1.5, jitter: 0.1, resetAfterMs: 3_600_000 };

describe('a restart strategy', () => {
  it('none never restarts', () => {
    expect(play({ kind: 'none' }, [0])).toEqual([expect.stringContaining('none')]);
  });

  it('fixed-delay restarts so often and no more', () => {
    expect(play({ kind: 'fixed-delay', attempts: 2, delayMs: 30 }, [0, 1, 100_000_000])).toEqual([30, 30, expect.stringContaining('all 2 restarts')]);
  });

  it('failure-rate counts the failures within its interval', () => {
    const rate: RestartStrategy = { kind: 'failure-rate', maxFailures: 2, intervalMs: 1000, delayMs: 5 };
    expect(play(rate, [0, 600, 1001, 1700, 1800])).toEqual([5, 5, 5, 5, expect.stringContaining('3 times within 1000 ms')]);
  });

  it('R45 exponential-delay waits 1 s at first, half as long again each time, never over a minute', () => {
    const waits = play(exponential, Array.from({ length: 14 }, (_, index) => index));
    expect(waits.slice(0, 4)).toEqual([1000, 1500, 2250, 3375]);
    expect(waits.slice(-2)).toEqual([60_000, 60_000]);
  });

  it('R45 exponential-delay begins anew after an hour without a failure, counted from the restart', () => {
    expect(play(exponential, [0, 10, 10 + 1500 + 3_600_000])).toEqual([1000, 1500, 1000]);
    expect(play(exponential, [0, 10, 10 + 1499 + 3_600_000])).toEqual([1000, 1500, 2250]);
  });

  it('R45 exponential-delay differs by a tenth at random', () => {
    expect([play(exponential, [0], 0), play(exponential, [0], 0.999_999)]).toEqual([[900], [1100]]);
  });
});

describe('the strategy of a run', () => {
  const node = (details?: StreamNode['details']): StreamNode => ({ id: 0, kind: 'source', type: 's', name: 's', chaining: 'always', inputs: 0, stateful: false, ...(details === undefined ? {} : { details }) });
  const graph = (details?: StreamNode['details']): StreamGraph => ({ job: 'j', nodes: [node(details)], edges: [], parallelism: 1, maxParallelism: 128 });
  const of = (options: Record<string, unknown>, checkpoints: boolean, details?: StreamNode['details']): RestartStrategy => restartStrategyOf(resolveOptions({ code: options }).values, graph(details), checkpoints);

  it('R45 is an exponential delay with checkpoints and none without', () => {
    expect(of({}, true)).toEqual(exponential);
    expect(of({}, false)).toEqual({ kind: 'none' });
  });

  it('is none for input that cannot be read again, unless asked for', () => {
    expect(of({}, true, { replayable: false })).toEqual({ kind: 'none' });
    expect(of({ 'restart.strategy': 'fixed-delay', 'restart.delay': '2 s' }, true, { replayable: false })).toEqual({ kind: 'fixed-delay', attempts: 3, delayMs: 2000 });
  });

  it('takes its numbers from the options', () => {
    expect(of({ 'restart.strategy': 'failure-rate', 'restart.attempts': 7, 'restart.interval': '1 min' }, false)).toEqual({ kind: 'failure-rate', maxFailures: 7, intervalMs: 60_000, delayMs: 1000 });
  });
});

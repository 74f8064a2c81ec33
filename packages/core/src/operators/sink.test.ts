import { describe, expect, it } from 'vitest';
import type { Platform } from '../base/platform.js';
import { NO_REACH_POINTS } from '../base/reach-points.js';
import type { CommitContext, Committer, Sink, SinkWriter, WriteContext, WriterContext } from '../connector/sink.js';
import { type HarnessOptions, OperatorHarness } from '../testing/operator-harness.js';
import { sinkOperator, type SinkRuntime } from './sink.js';

/** A sink whose writer and committer do what the test tells them. */
class TestSink {
  readonly kind = 'test';
  readonly guarantee = 'exactly-once';
  readonly calls: unknown[] = [];
  readonly written: unknown[] = [];
  readonly committed: { readonly committables: readonly unknown[]; readonly context: CommitContext }[] = [];
  restored: readonly unknown[] = [];
  context: WriterContext | undefined;
  pending: unknown[] = [];
  full = false;
  drain: (() => void) | undefined;
  failDrain: ((error: unknown) => void) | undefined;
  failCommits = 0;
  holdCommit: Promise<void> | undefined;
  flush: ((end: boolean) => void | Promise<void>) | undefined;
  stateMode: 'list' | 'union' = 'union';
  failWrite = false;
  transactional = true;

  createWriter(context: WriterContext, restored: readonly unknown[]): SinkWriter<unknown> {
    this.context = context;
    this.restored = restored;
    this.calls.push('createWriter');
    return {
      start: () => void this.calls.push('start'),
      write: (value: unknown, { timestamp, watermark }: WriteContext) => {
        if (this.failWrite) throw new Error('disk full');
        this.written.push([value, timestamp, watermark]);
        this.pending.push(value);
      },
      isFull: () => this.full,
      drained: () => new Promise((resolve, reject) => {
        this.drain = () => { this.full = false; resolve(); };
        this.failDrain = reject;
      }),
      tick: (now: number) => void this.calls.push(`tick ${now}`),
      flush: (end: boolean) => this.flush?.(end),
      prepareCommit: () => this.pending.splice(0),
      snapshot: (checkpointId: number) => [`state ${checkpointId} of ${context.subtask}`],
      stateMode: this.stateMode,
      close: () => void this.calls.push('close'),
    };
  }

  get createCommitter(): (() => Committer<unknown>) | undefined {
    if (!this.transactional) return undefined;
    return () => ({
      commit: async (committables: readonly unknown[], context: CommitContext) => {
        if (this.failCommits > 0) {
          this.failCommits--;
          throw new Error('unreachable');
        }
        await this.holdCommit;
        this.calls.push('commit');
        this.committed.push({ committables, context });
      },
      close: () => void this.calls.push('close committer'),
    });
  }

  get visible(): readonly unknown[] {
    return this.committed.flatMap(({ committables }) => committables);
  }
}

const timers: (() => void)[] = [];
const runtime: SinkRuntime = {
  platform: { points: NO_REACH_POINTS, clock: { now: () => 0, monotonicMs: () => 0 }, timers: { setTimer: (_: number, callback: () => void) => { timers.push(callback); return { cancel() {} }; } } } as unknown as Platform,
  epoch: 3,
  checkpoints: true,
  bounded: true,
  print: () => {},
  emitRow: () => {},
};

const open = (sink: TestSink, parts: Partial<SinkRuntime> = {}, options: HarnessOptions = {}): Promise<OperatorHarness> =>
  OperatorHarness.open(sinkOperator({ sink: sink as unknown as Sink<unknown>, runtime: { ...runtime, ...parts } }), { name: 'out', ...options });

async function fireTimers(harness: OperatorHarness): Promise<void> {
  for (let round = 0; round < 10; round++) {
    await harness.settle();
    for (const callback of timers.splice(0)) callback();
  }
  await harness.settle();
}

describe('a sink', () => {
  it('writes records with their timestamp and the watermark', async () => {
    const sink = new TestSink();
    const harness = await open(sink);
    harness.element('a', 5);
    harness.watermark(5);
    harness.element('b');
    expect(sink.written).toEqual([['a', 5, -Infinity], ['b', Number.NaN, 5]]);
    expect(sink.context).toMatchObject({ job: 'harness', operator: 'out', uid: 'out', subtask: 0, parallelism: 1, epoch: 3, checkpoints: true, bounded: true });
    await harness.close();
    expect(sink.calls).toEqual(['createWriter', 'start', 'close committer', 'close']);
  });

  it('holds the input while the writer is full, and fails when it cannot drain', async () => {
    const sink = new TestSink();
    const harness = await open(sink);
    sink.full = true;
    harness.element('a');
    harness.element('b');
    expect(sink.written).toHaveLength(1);
    expect(harness.isHeld).toBe(true);
    sink.drain!();
    await harness.settle();
    expect(sink.written).toHaveLength(2);
    sink.full = true;
    harness.element('c');
    sink.failDrain!(new Error('connection lost'));
    await expect(harness.settle()).rejects.toThrow(/MR-2011.*"out" could not write: connection lost/);
  });

  it('R40 commits what was prepared up to a completed checkpoint, once, also when notices are skipped or doubled', async () => {
    const sink = new TestSink();
    const harness = await open(sink);
    harness.element('a');
    harness.snapshot();
    harness.element('b');
    harness.snapshot();
    harness.element('c');
    harness.snapshot();
    await harness.settle();
    expect(sink.visible).toEqual([]);
    harness.checkpointComplete(2);
    harness.checkpointComplete(2);
    harness.checkpointComplete(1);
    await harness.settle();
    expect(sink.visible).toEqual(['a', 'b']);
    expect(sink.committed[0]!.context).toEqual({ epoch: 3, recovered: false, endOfInput: false });
  });

  it('keeps one commit in flight while records go on', async () => {
    const sink = new TestSink();
    const harness = await open(sink);
    let release = (): void => {};
    sink.holdCommit = new Promise((resolve) => (release = resolve));
    harness.element('a');
    harness.snapshot();
    harness.checkpointComplete(1);
    harness.element('b');
    harness.snapshot();
    harness.checkpointComplete(2);
    await harness.settle();
    expect(sink.committed).toHaveLength(0);
    expect(sink.written).toHaveLength(2);
    release();
    await harness.settle();
    expect(sink.committed.map(({ committables }) => committables)).toEqual([['a'], ['b']]);
  });

  it('tries a commit again with waits, and fails the job when the attempts are spent', async () => {
    const sink = new TestSink();
    const harness = await open(sink);
    sink.failCommits = 3;
    harness.element('a');
    harness.snapshot();
    harness.checkpointComplete(1);
    await fireTimers(harness);
    expect(sink.visible).toEqual(['a']);
    sink.failCommits = 100;
    harness.element('b');
    harness.snapshot();
    harness.checkpointComplete(2);
    await expect(fireTimers(harness)).rejects.toThrow(/MR-2010.*"out" could not commit 1 parts in 6 attempts: unreachable/);
  });

  it('commits first what a restored checkpoint left, dealt out over the instances', async () => {
    const before = new TestSink();
    const first = await open(before);
    for (const value of ['a', 'b', 'c']) {
      first.element(value);
      first.beginSnapshot().cancel();
    }
    const restore = [first.snapshot()];
    const visible: unknown[] = [];
    for (const subtask of [0, 1]) {
      const sink = new TestSink();
      const harness = await open(sink, {}, { restore, parallelism: 2, subtask });
      visible.push(...sink.visible);
      for (const { context } of sink.committed) expect(context.recovered).toBe(true);
      expect(sink.calls.indexOf('commit')).toBeLessThan(sink.calls.indexOf('createWriter'));
      expect(sink.restored).toEqual(['state 4 of 0']);
      harness.snapshot();
      harness.checkpointComplete();
      await harness.settle();
      expect(sink.visible).toEqual(sink.committed[0]?.committables ?? []);
    }
    expect(visible.toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('deals the writer’s states out when the writer says so', async () => {
    const before = new TestSink();
    before.stateMode = 'list';
    const first = await open(before);
    const restore = [first.snapshot()];
    const states: unknown[] = [];
    for (const subtask of [0, 1]) {
      const sink = new TestSink();
      sink.stateMode = 'list';
      await open(sink, {}, { restore, parallelism: 2, subtask });
      states.push(...sink.restored);
    }
    expect(states).toEqual(['state 1 of 0']);
  });

  it('R42 with checkpoints commits nothing at the end but by the final checkpoint', async () => {
    const sink = new TestSink();
    const harness = await open(sink);
    harness.element('a');
    harness.finish();
    await harness.settle();
    expect(harness.isFinished).toBe(true);
    expect(sink.visible).toEqual([]);
    harness.snapshot();
    harness.checkpointComplete();
    await harness.settle();
    expect(sink.visible).toEqual(['a']);
    expect(sink.committed[0]!.context.endOfInput).toBe(true);
  });

  it('without checkpoints a bounded job commits once, at its successful end', async () => {
    const sink = new TestSink();
    const flushed: boolean[] = [];
    let release = (): void => {};
    sink.flush = (end) => {
      flushed.push(end);
      return new Promise((resolve) => (release = resolve));
    };
    const harness = await open(sink, { checkpoints: false });
    harness.element('a');
    harness.element('b');
    harness.processingTime(500);
    harness.finish();
    await harness.settle();
    expect(harness.isFinished).toBe(false);
    expect(sink.visible).toEqual([]);
    release();
    await harness.settle();
    expect(harness.isFinished).toBe(true);
    expect(flushed).toEqual([true]);
    expect(sink.committed).toEqual([{ committables: ['a', 'b'], context: { epoch: 3, recovered: false, endOfInput: true } }]);
  });

  it('without checkpoints a job that does not end well commits nothing', async () => {
    const sink = new TestSink();
    const harness = await open(sink, { checkpoints: false });
    harness.element('a');
    await harness.close();
    expect(sink.visible).toEqual([]);
  });

  it('without checkpoints an unbounded job commits at every roll, with a warning', async () => {
    const sink = new TestSink();
    const harness = await open(sink, { checkpoints: false, bounded: false });
    expect(harness.logged).toMatchObject([{ level: 'warn', fields: { operator: 'out' } }]);
    harness.element('a');
    harness.processingTime(100);
    harness.element('b');
    harness.processingTime(199);
    await harness.settle();
    expect(sink.calls.filter((call) => String(call).startsWith('tick'))).toEqual(['tick 100']);
    expect(sink.visible).toEqual(['a']);
    harness.finish();
    await harness.settle();
    expect(sink.visible).toEqual(['a', 'b']);
  });

  it('waits at the end for a writer that is full', async () => {
    const sink = new TestSink();
    const harness = await open(sink, { checkpoints: false });
    sink.full = true;
    harness.element('a');
    harness.finish();
    await harness.settle();
    expect(harness.isFinished).toBe(false);
    sink.drain!();
    await harness.settle();
    expect(harness.isFinished).toBe(true);
    expect(sink.visible).toEqual(['a']);
  });

  it('finishes a sink that has nothing to commit', async () => {
    const sink = new TestSink();
    sink.transactional = false;
    const harness = await open(sink, { checkpoints: false });
    harness.element('a');
    harness.snapshot();
    harness.checkpointComplete();
    harness.finish();
    await harness.settle();
    expect(harness.isFinished).toBe(true);
  });

  it('says which sink failed and what it was doing', async () => {
    const sink = new TestSink();
    const harness = await open(sink);
    sink.failWrite = true;
    expect(() => harness.element({ id: 1 })).toThrow(/MR-2011.*"out" could not write \{"id":1\}: disk full/);
    const flushing = new TestSink();
    flushing.flush = () => Promise.reject(new Error('no space'));
    const second = await open(flushing);
    second.snapshot();
    await expect(second.settle()).rejects.toThrow(/MR-2011.*could not flush: no space/);
    const opening = new TestSink();
    opening.createWriter = () => { throw new Error('no such directory'); };
    await expect(open(opening)).rejects.toThrow(/MR-2011.*could not be opened: no such directory/);
  });
});

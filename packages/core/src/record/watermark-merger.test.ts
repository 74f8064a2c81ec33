import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WatermarkMerger, type WatermarkMergerOptions } from './watermark-merger.js';

type Out = number | 'active' | 'idle';

function merger(options: WatermarkMergerOptions): { merger: WatermarkMerger; out: Out[] } {
  const out: Out[] = [];
  const output = { emitWatermark: (w: number) => void out.push(w), emitStatus: (s: 'active' | 'idle') => void out.push(s) };
  return { merger: new WatermarkMerger(output, options), out };
}

describe('WatermarkMerger', () => {
  it('R19 gives the minimum over the channels, and only when it grows', () => {
    const { merger: m, out } = merger({ channels: 3 });
    m.advance(0, 10);
    m.advance(1, 5);
    expect(out).toEqual([]);
    m.advance(2, 7);
    m.advance(1, 5);
    m.advance(1, 4);
    m.advance(1, 8);
    m.advance(2, 20);
    expect(out).toEqual([5, 7, 8]);
  });

  it('R19 leaves an idle channel out and ignores its watermarks', () => {
    const { merger: m, out } = merger({ channels: 2 });
    m.advance(0, 10);
    m.setIdle(1, true);
    expect(out).toEqual([10]);
    m.advance(1, 50);
    m.advance(0, 20);
    expect(out).toEqual([10, 20]);
    expect(m.watermarkOf(1)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('R19 lets a channel back from idle count only once it has caught up', () => {
    const { merger: m, out } = merger({ channels: 2 });
    m.setIdle(1, true);
    m.advance(0, 100);
    m.setIdle(1, false);
    m.advance(1, 60);
    m.advance(0, 110);
    expect(out).toEqual([100, 110]);
    m.advance(1, 110);
    m.advance(0, 150);
    expect(out).toEqual([100, 110]);
    m.advance(1, 120);
    expect(out).toEqual([100, 110, 120]);
  });

  it('R19 flushes the maximum once when the last channel to fall idle held the others back', () => {
    const { merger: m, out } = merger({ channels: 2 });
    m.advance(0, 10);
    m.advance(1, 30);
    m.setIdle(1, true);
    m.setIdle(0, true);
    expect(out).toEqual([10, 30, 'idle']);
  });

  it('R19 does not flush at a gate when the last to fall idle was ahead, but does elsewhere', () => {
    for (const [over, expected] of [
      ['channels', [50, 'idle']],
      ['inputs', [50, 60, 'idle']],
    ] as const) {
      const { merger: m, out } = merger({ channels: 3, over });
      m.setIdle(1, true);
      m.advance(2, 60);
      m.advance(0, 50);
      // Channel 1 comes back behind the others: it lags, so it holds nobody back when it is the last to fall idle.
      m.advance(1, 40);
      m.setIdle(1, false);
      m.setIdle(2, true);
      m.setIdle(0, true);
      m.setIdle(1, true);
      expect(out).toEqual(expected);
    }
  });

  it('R19 becomes active with the first channel that comes back', () => {
    const { merger: m, out } = merger({ channels: 2 });
    m.setIdle(0, true);
    m.setIdle(1, true);
    m.setIdle(1, false);
    m.setIdle(0, false);
    m.advance(1, 5);
    m.advance(0, 7);
    expect(out).toEqual(['idle', 'active', 5]);
    expect(m.isIdle).toBe(false);
  });

  it('R20 leaves a finished input out of the minimum and the maximum', () => {
    const { merger: m, out } = merger({ channels: 3 });
    m.advance(0, Number.POSITIVE_INFINITY);
    m.finish(0);
    m.advance(1, 10);
    m.advance(2, 20);
    m.setIdle(2, true);
    m.setIdle(1, true);
    expect(out).toEqual([10, 20, 'idle']);
    m.setIdle(1, false);
    m.advance(1, 40);
    expect(out).toEqual([10, 20, 'idle', 'active', 40]);
  });

  it('R20 gives the final watermark when all inputs have ended, even out of idleness', () => {
    const { merger: m, out } = merger({ channels: 2 });
    m.advance(0, 10);
    m.setIdle(1, true);
    m.advance(0, Number.POSITIVE_INFINITY);
    expect(out).toEqual([10, 'idle']);
    m.advance(1, Number.POSITIVE_INFINITY);
    m.finish(0);
    m.finish(1);
    expect(out).toEqual([10, 'idle', 'active', Number.POSITIVE_INFINITY]);
  });

  it('R20 does not invent a final watermark for inputs that stopped without one', () => {
    const { merger: m, out } = merger({ channels: 2 });
    m.advance(0, 10);
    m.advance(1, 20);
    m.finish(0);
    m.finish(1);
    expect(out).toEqual([10, 20]);
  });

  it('R22 finds the minimum after a split has left that was in the midst of the others', () => {
    const { merger: m, out } = merger({ channels: 0, over: 'inputs', whenEmpty: 'hold' });
    // In this order they stand in the heap; the last one takes the place of the one that leaves, and is lower than what is above.
    const splits = [1, 10, 2, 11, 12, 3, 4].map((watermark) => m.addChannel(watermark));
    m.removeChannel(splits[3]!);
    for (const first of [0, 2, 5]) m.advance(splits[first]!, 100);
    expect(out).toEqual([1, 2, 3, 4]);
  });

  it('R22 the end of the splits so far is not the end of a source that may get more', () => {
    for (const whenEmpty of ['hold', 'idle'] as const) {
      const { merger: m, out } = merger({ channels: 0, over: 'inputs', whenEmpty });
      const a = m.addChannel();
      m.advance(a, 10);
      m.advance(a, Number.POSITIVE_INFINITY);
      m.advance(m.addChannel(), 20);
      expect(out.filter((each) => typeof each === 'number')).toEqual([10, 20]);
    }
  });

  it('R22 a new split holds the watermark, a removed one releases it, a reader without splits is idle', () => {
    const { merger: m, out } = merger({ channels: 0, over: 'inputs', whenEmpty: 'hold' });
    const a = m.addChannel();
    m.advance(a, 10);
    const b = m.addChannel();
    m.advance(a, 20);
    expect(out).toEqual([10]);
    m.advance(b, 5);
    m.removeChannel(b);
    expect(out).toEqual([10, 20]);
    m.removeChannel(a);
    expect(out).toEqual([10, 20]);
    m.whenEmpty('idle');
    expect(out).toEqual([10, 20, 'idle']);
    const c = m.addChannel();
    expect(c).toBeLessThan(2);
    m.advance(c, 15);
    m.advance(c, 25);
    expect(out).toEqual([10, 20, 'idle', 'active', 25]);
  });

  it('R24 emits nothing at or below its restored floor', () => {
    const { merger: m, out } = merger({ channels: 2, floor: 100 });
    m.advance(0, 150);
    m.advance(1, 90);
    m.advance(1, 100);
    expect(out).toEqual([]);
    expect(m.watermark).toBe(100);
    m.advance(1, 101);
    expect(out).toEqual([101]);
  });

  it('R19 R20 agrees with a naive model on random histories', () => {
    const event = fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('wm' as const), channel: fc.nat(4), time: fc.integer({ min: -20, max: 60 }) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('idle' as const), channel: fc.nat(4), idle: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('finish' as const, 'max' as const), channel: fc.nat(4) }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.constantFrom('inputs' as const, 'channels' as const), fc.array(event, { maxLength: 60 }), (channels, over, events) => {
        const { merger: m, out } = merger({ channels, over });
        const naive = new NaiveMerger(channels, over === 'inputs');
        for (const e of events) {
          const channel = e.channel % channels;
          if (e.kind === 'wm') (m.advance(channel, e.time), naive.advance(channel, e.time));
          else if (e.kind === 'idle') (m.setIdle(channel, e.idle), naive.setIdle(channel, e.idle));
          else if (e.kind === 'max') (m.advance(channel, Infinity), naive.advance(channel, Infinity));
          else (m.finish(channel), naive.finish(channel));
          expect(out).toEqual(naive.out);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** The rules word by word: every question is asked anew over all channels. */
class NaiveMerger {
  out: Out[] = [];
  merged = -Infinity;
  idle = false;
  overInputs: boolean;
  all: { wm: number; idle: boolean; ended: boolean; lagging: boolean }[];
  constructor(n: number, overInputs: boolean) {
    this.overInputs = overInputs;
    this.all = Array.from({ length: n }, () => ({ wm: -Infinity, idle: false, ended: false, lagging: false }));
  }
  emit(w: number): void {
    if (w > this.merged) this.out.push((this.merged = w));
  }
  evaluate(heldBack: boolean): void {
    const open = this.all.filter((c) => !c.ended);
    const active = open.filter((c) => !c.idle);
    if (open.length === 0) {
      const last = Math.min(...this.all.map((c) => c.wm));
      if (last > this.merged && this.idle) (this.out.push('active'), (this.idle = false));
      this.emit(last);
    } else if (active.length === 0) {
      if (this.idle) return;
      if (heldBack || this.overInputs) this.emit(Math.max(...open.map((c) => c.wm)));
      this.out.push('idle');
      this.idle = true;
    } else {
      const counting = active.filter((c) => !c.lagging);
      if (!heldBack && !this.overInputs) return;
      if (counting.length > 0) this.emit(Math.min(...counting.map((c) => c.wm)));
    }
  }
  advance(i: number, wm: number): void {
    const c = this.all[i]!;
    if (c.ended || wm <= c.wm) return;
    if (wm === Infinity) return this.end(i, wm);
    if (c.idle) return;
    c.wm = wm;
    if (wm >= this.merged) c.lagging = false;
    this.evaluate(true);
  }
  setIdle(i: number, idle: boolean): void {
    const c = this.all[i]!;
    if (c.ended || c.idle === idle) return;
    const heldBack = !c.lagging && c.wm <= this.merged;
    c.idle = idle;
    if (!idle) {
      c.lagging = !this.overInputs && c.wm < this.merged;
      if (this.idle) (this.out.push('active'), (this.idle = false));
      if (!this.overInputs) return;
    }
    this.evaluate(heldBack);
  }
  finish(i: number): void {
    this.end(i, this.all[i]!.wm);
  }
  end(i: number, wm: number): void {
    const c = this.all[i]!;
    if (c.ended) return;
    const heldBack = !c.idle && !c.lagging && c.wm <= this.merged;
    c.ended = true;
    c.wm = wm;
    this.evaluate(heldBack);
  }
}

import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import { WatermarkMerger } from '../record/watermark-merger.js';
import type { OperatorInfo, TimeControl } from './operator-context.js';
import { WatermarkMaker } from './watermark-maker.js';

/** One split that the reader holds. */
interface SplitClock {
  readonly channel: number;
  readonly maker: WatermarkMaker;
  /** Paused by alignment: its silence does not count. */
  paused: boolean;
}

/**
 * The event time of one source reader: a watermark maker per split, merged (rule 22).
 *
 * A reader that waits for its next split *holds* the watermark where it is: the next split may be the older one. It
 * waits from its start on and whenever it has asked for a split, until it gets one; when it hears that there are no more,
 * until its end, which comes next. A reader of an unbounded source that has no splits and never asked for any is idle by
 * itself. Silence (`idleAfterMs`) makes a waiting reader idle like a silent split.
 */
export class SourceWatermarks {
  readonly #strategy: WatermarkStrategy<unknown>;
  readonly #info: OperatorInfo;
  readonly #merger: WatermarkMerger;
  readonly #splits: Map<string, SplitClock>;
  readonly #restored: Map<string, number>;
  #waiting: boolean;
  /** How long a waiting reader has been without splits. */
  #emptyMs: number;

  constructor(strategy: WatermarkStrategy<unknown>, info: OperatorInfo, time: TimeControl) {
    this.#strategy = strategy;
    this.#info = info;
    this.#splits = new Map();
    this.#restored = new Map();
    this.#merger = new WatermarkMerger(
      { emitWatermark: (watermark) => time.emitWatermark(watermark), emitStatus: (status) => time.emitIdle(status === 'idle') },
      { channels: 0, over: 'inputs', whenEmpty: 'hold' },
    );
    this.#waiting = true;
    this.#emptyMs = 0;
  }

  /** The merged watermark of the reader; +Infinity while it is idle, since it then holds nobody back. */
  get reported(): number {
    return this.#merger.isIdle ? Number.POSITIVE_INFINITY : this.#merger.watermark;
  }

  /** Remembers the watermark a split had in the checkpoint. */
  restore(split: string, watermark: number): void {
    this.#restored.set(split, watermark);
  }

  /** Whether the reader waits for a split or for its end. */
  setWaiting(waiting: boolean, active: readonly string[]): void {
    this.#waiting = waiting;
    this.#emptyMs = 0;
    this.#merger.whenEmpty(waiting || active.length > 0 ? 'hold' : 'idle');
    this.holdsSplits(active);
  }

  /** The reader holds exactly these splits now. New ones count before finished ones leave. */
  holdsSplits(active: readonly string[]): void {
    // Nearly always still the one of the batch before: this is asked after each.
    if (active.length === 1 && this.#splits.size === 1 && this.#splits.has(active[0]!)) return;
    this.#holdsOthers(active);
  }

  #holdsOthers(active: readonly string[]): void {
    for (const id of active) if (!this.#splits.has(id)) this.#add(id);
    if (this.#splits.size <= active.length) return;
    const held = new Set(active);
    this.#merger.whenEmpty(this.#waiting || active.length > 0 ? 'hold' : 'idle');
    for (const [id, split] of this.#splits) {
      if (held.has(id)) continue;
      this.#splits.delete(id);
      this.#merger.removeChannel(split.channel);
    }
  }

  /** The maker of a split that hands out records. */
  makerOf(split: string): WatermarkMaker {
    return (this.#splits.get(split) ?? this.#add(split)).maker;
  }

  /** The last watermark of a split, for the checkpoint. */
  watermarkOf(split: string): number {
    return this.#splits.get(split)?.maker.watermark ?? this.#restored.get(split) ?? Number.NEGATIVE_INFINITY;
  }

  /** Gives every split the chance to emit. */
  chance(): void {
    for (const split of this.#splits.values()) split.maker.chance();
  }

  /** Counts silence for all that is not paused. */
  countSilence(elapsedMs: number, idleAfterMs: number): void {
    for (const split of this.#splits.values()) if (!split.paused) split.maker.countSilence(elapsedMs, idleAfterMs);
    if (this.#splits.size > 0) return;
    this.#emptyMs += elapsedMs;
    if (this.#emptyMs >= idleAfterMs) this.#merger.whenEmpty('idle');
  }

  /** Rule 23: which splits are too far ahead, and which may go on again. */
  align(maxAllowedWatermark: number): { readonly pause: readonly string[]; readonly resume: readonly string[] } {
    const pause: string[] = [];
    const resume: string[] = [];
    for (const [id, split] of this.#splits) {
      const ahead = split.maker.watermark > maxAllowedWatermark;
      if (ahead === split.paused) continue;
      split.paused = ahead;
      (ahead ? pause : resume).push(id);
    }
    return { pause, resume };
  }

  /** True when all that has records is paused by alignment. One split that is behind must be read: the others wait for it. */
  get onlyPausedLeft(): boolean {
    let paused = false;
    for (const split of this.#splits.values()) {
      if (split.paused) paused = true;
      else if (!split.maker.isIdle) return false;
    }
    return paused;
  }

  #add(id: string): SplitClock {
    const restored = this.#restored.get(id) ?? Number.NEGATIVE_INFINITY;
    this.#restored.delete(id);
    const channel = this.#merger.addChannel(restored);
    const merger = this.#merger;
    const target = {
      watermark: (watermark: number) => merger.advance(channel, watermark),
      idle: (idle: boolean) => merger.setIdle(channel, idle),
    };
    const split: SplitClock = { channel, maker: new WatermarkMaker(this.#strategy.watermarks, target, this.#info, restored), paused: false };
    this.#splits.set(id, split);
    return split;
  }
}

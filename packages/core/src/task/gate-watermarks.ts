import { WatermarkMerger } from '../record/watermark-merger.js';
import type { ChainEntry } from './chain-node.js';
import type { OperatorChain } from './operator-chain.js';

/** Merges the watermarks of the channels of each entry of a chain; over the inputs of an operator the chain merges them (rule 19). */
export class GateWatermarks {
  readonly #entryOf: readonly number[];
  /** The index of each channel among those of its entry. */
  readonly #slotOf: readonly number[];
  readonly #perEntry: readonly WatermarkMerger[];
  readonly #openPerEntry: number[];

  /** `entryOf` gives the entry of each channel; every entry has at least one. */
  constructor(entryOf: readonly number[], entries: readonly ChainEntry[], chain: OperatorChain) {
    const counts = new Array<number>(entries.length).fill(0);
    this.#slotOf = entryOf.map((entry) => {
      const slot = counts[entry] as number;
      counts[entry] = slot + 1;
      return slot;
    });
    this.#entryOf = entryOf;
    this.#openPerEntry = counts;
    this.#perEntry = entries.map((entry, index) => {
      const output = {
        emitWatermark: (watermark: number) => chain.advanceWatermark(watermark, entry),
        emitStatus: (status: 'active' | 'idle') => chain.changeStatus(status === 'idle', entry),
      };
      // Of several inputs none knows how far it was before a restart; what merges them does.
      const { merger, watermark } = entry.node;
      return new WatermarkMerger(output, { channels: counts[index] as number, ...(merger === undefined ? { floor: watermark } : {}) });
    });
  }

  watermark(channel: number, watermark: number): void {
    this.#merger(channel).advance(this.#slotOf[channel] as number, watermark);
  }

  status(channel: number, idle: boolean): void {
    this.#merger(channel).setIdle(this.#slotOf[channel] as number, idle);
  }

  /**
   * The channel has ended; when it was the last of its entry, the answer says how all of it has ended. One that ends without the final watermark was stopped
   * where it was: it goes on holding event time back, or others that stop a moment later would fire windows whose records
   * are still to be read when the job goes on.
   */
  finish(channel: number): 'drained' | 'open' | 'stopped' {
    const merger = this.#merger(channel);
    const slot = this.#slotOf[channel] as number;
    if (merger.watermarkOf(slot) === Number.POSITIVE_INFINITY) merger.finish(slot);
    const entry = this.#entryOf[channel] as number;
    const open = (this.#openPerEntry[entry] as number) - 1;
    this.#openPerEntry[entry] = open;
    if (open > 0) return 'open';
    return merger.watermark === Number.POSITIVE_INFINITY ? 'drained' : 'stopped';
  }

  #merger(channel: number): WatermarkMerger {
    return this.#perEntry[this.#entryOf[channel] as number] as WatermarkMerger;
  }
}

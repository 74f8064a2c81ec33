import { WatermarkMerger, type MergedWatermarkOutput } from '../record/watermark-merger.js';
import type { OperatorChain } from './operator-chain.js';

/** Merges the watermarks of a gate's channels, first per input, then over the inputs of the head operator (rule 19). */
export class GateWatermarks {
  readonly #inputOf: readonly number[];
  /** The index of each channel among those of its input. */
  readonly #slotOf: readonly number[];
  readonly #perInput: readonly WatermarkMerger[];
  readonly #combined: WatermarkMerger | undefined;
  readonly #openPerInput: number[];

  /** `inputOf` gives the head's input for each channel; every input has at least one. `floor` is the restored watermark. */
  constructor(inputOf: readonly number[], inputs: number, chain: OperatorChain, floor: number) {
    const counts = new Array<number>(inputs).fill(0);
    this.#slotOf = inputOf.map((input) => {
      const slot = counts[input] as number;
      counts[input] = slot + 1;
      return slot;
    });
    this.#inputOf = inputOf;
    this.#openPerInput = counts;
    const toChain: MergedWatermarkOutput = {
      emitWatermark: (watermark) => chain.advanceWatermark(watermark),
      emitStatus: (status) => chain.changeStatus(status === 'idle'),
    };
    const combined = inputs > 1 ? new WatermarkMerger(toChain, { channels: inputs, floor, over: 'inputs' }) : undefined;
    this.#combined = combined;
    this.#perInput = counts.map((channels, input) => {
      const toCombined = combined === undefined ? toChain : {
        emitWatermark: (watermark: number) => combined.advance(input, watermark),
        emitStatus: (status: 'active' | 'idle') => combined.setIdle(input, status === 'idle'),
      };
      return new WatermarkMerger(toCombined, combined === undefined ? { channels, floor } : { channels });
    });
  }

  watermark(channel: number, watermark: number): void {
    this.#merger(channel).advance(this.#slotOf[channel] as number, watermark);
  }

  status(channel: number, idle: boolean): void {
    this.#merger(channel).setIdle(this.#slotOf[channel] as number, idle);
  }

  /**
   * The channel has ended; true when it was the last of its input. One that ends without the final watermark was stopped
   * where it was: it goes on holding event time back, or others that stop a moment later would fire windows whose records
   * are still to be read when the job goes on.
   */
  finish(channel: number): boolean {
    const merger = this.#merger(channel);
    const slot = this.#slotOf[channel] as number;
    if (merger.watermarkOf(slot) === Number.POSITIVE_INFINITY) merger.finish(slot);
    const input = this.#inputOf[channel] as number;
    const open = (this.#openPerInput[input] as number) - 1;
    this.#openPerInput[input] = open;
    if (open > 0) return false;
    if (merger.watermark === Number.POSITIVE_INFINITY) this.#combined?.finish(input);
    return true;
  }

  #merger(channel: number): WatermarkMerger {
    return this.#perInput[this.#inputOf[channel] as number] as WatermarkMerger;
  }
}

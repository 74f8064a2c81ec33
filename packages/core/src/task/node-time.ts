import type { Clock } from '../base/platform.js';
import type { TimeControl } from '../operators/operator-context.js';
import type { ChainNode } from './chain-node.js';
import type { OperatorChain } from './operator-chain.js';

/** Time as one operator of a chain sees and makes it. */
export class NodeTime implements TimeControl {
  readonly #chain: OperatorChain;
  readonly #index: number;
  readonly #clock: Clock;

  constructor(chain: OperatorChain, index: number, clock: Clock) {
    this.#chain = chain;
    this.#index = index;
    this.#clock = clock;
  }

  watermark(): number {
    return this.#node().watermark;
  }

  now(): number {
    return this.#clock.now();
  }

  batchNow(): number {
    return this.#chain.batchNow;
  }

  wakeAt(time: number): void {
    this.#chain.wakeAt(this.#node(), time);
  }

  emitWatermark(watermark: number): void {
    this.#chain.emitWatermark(this.#node(), watermark);
  }

  emitIdle(idle: boolean): void {
    this.#chain.emitStatus(this.#node(), idle);
  }

  #node(): ChainNode {
    return this.#chain.nodes[this.#index] as ChainNode;
  }
}

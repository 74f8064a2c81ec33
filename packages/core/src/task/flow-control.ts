import { assert } from '../base/assert.js';
import type { Clock } from '../base/platform.js';
import { CLOCK_STRIDE } from '../operators/fusion/record-loop.js';
import type { Flow } from '../operators/operator-context.js';

/**
 * Whether a chain may go on: the credit of its outputs, unfinished work of its operators, holds, and the time of the
 * turn. One per chain. The loop over records reads one field, {@link FlowControl.stopped}, after each record.
 */
export class FlowControl {
  /** True when no further record may enter the chain: blocked outputs, unfinished work, or a hold. */
  stopped: boolean;
  readonly #clock: Clock;
  #blockedOutputs: number;
  /** Index of the deepest operator with unfinished work, -1 when there is none. */
  #deepest: number;
  #holds: number;
  #deadline: number;
  #timeIsUp: boolean;
  #strides: number;
  readonly #backlog: boolean[];

  constructor(clock: Clock, operators: number) {
    this.stopped = false;
    this.#clock = clock;
    this.#blockedOutputs = 0;
    this.#deepest = -1;
    this.#holds = 0;
    this.#deadline = 0.5;
    this.#timeIsUp = false;
    this.#strides = 0;
    this.#backlog = new Array<boolean>(operators).fill(false);
  }

  /** A turn of the task's loop begins: it ends at `deadline` of the monotonic clock. */
  beginTurn(deadline: number): void {
    this.#deadline = deadline;
    this.#timeIsUp = false;
    this.#strides = 0;
  }

  /** True while the turn's time lasts. Looks at the clock at every call. */
  hasTime(): boolean {
    if (!this.#timeIsUp && this.#clock.monotonicMs() >= this.#deadline) this.#timeIsUp = true;
    return !this.#timeIsUp;
  }

  /** True while the operator at `index` may emit more: there is credit, no hold, nothing unfinished below it, and time. */
  mayEmit(index: number): boolean {
    if (this.#blockedOutputs !== 0 || this.#holds !== 0 || this.#deepest > index || this.#timeIsUp) return false;
    this.#strides++;
    return this.#strides % CLOCK_STRIDE !== 0 || this.hasTime();
  }

  outputBlocked(): void {
    this.#blockedOutputs++;
    this.stopped = true;
  }

  outputFreed(): void {
    this.#blockedOutputs--;
    assert(this.#blockedOutputs >= 0, 'an output is freed as often as it was blocked');
    this.#update();
  }

  hold(): void {
    this.#holds++;
    this.stopped = true;
  }

  release(): void {
    this.#holds--;
    assert(this.#holds >= 0, 'a hold is released as often as it was taken');
    this.#update();
  }

  /** The operator at `index` has unfinished work, or no longer. */
  setBacklog(index: number, unfinished: boolean): void {
    this.#backlog[index] = unfinished;
    if (unfinished) {
      if (index > this.#deepest) this.#deepest = index;
      this.stopped = true;
      return;
    }
    while (this.#deepest >= 0 && this.#backlog[this.#deepest] !== true) this.#deepest--;
    this.#update();
  }

  hasBacklog(index: number): boolean {
    return this.#backlog[index] === true;
  }

  /** The deepest operator with unfinished work, -1 when there is none. */
  get deepestBacklog(): number {
    return this.#deepest;
  }

  get isOutputBlocked(): boolean {
    return this.#blockedOutputs !== 0;
  }

  get isHeld(): boolean {
    return this.#holds !== 0;
  }

  #update(): void {
    this.stopped = this.#blockedOutputs !== 0 || this.#deepest >= 0 || this.#holds !== 0;
  }
}

/** Holds one input of an operator, given by its index in the chain, so that only the others get records. */
export interface InputHolds {
  holdInput(operator: number, input: number): void;
  releaseInput(operator: number, input: number): void;
}

/** The flow as one operator of the chain sees it. */
export class OperatorFlow implements Flow {
  readonly #control: FlowControl;
  readonly #index: number;
  readonly #inputs: InputHolds;

  constructor(control: FlowControl, index: number, inputs: InputHolds) {
    this.#control = control;
    this.#index = index;
    this.#inputs = inputs;
  }

  mayEmit(): boolean {
    return this.#control.mayEmit(this.#index);
  }

  backlog(): void {
    this.#control.setBacklog(this.#index, true);
  }

  hold(input?: number): void {
    if (input === undefined) this.#control.hold();
    else this.#inputs.holdInput(this.#index, input);
  }

  release(input?: number): void {
    if (input === undefined) this.#control.release();
    else this.#inputs.releaseInput(this.#index, input);
  }
}

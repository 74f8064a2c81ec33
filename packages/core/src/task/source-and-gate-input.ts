import type { ErrorLocation } from '../base/errors.js';
import type { BarrierElement } from '../record/element.js';
import type { FlowControl } from './flow-control.js';
import type { GateInput } from './gate-input.js';
import type { SourceInput } from './source-input.js';
import type { InputProgress, InputQueue, TaskInput } from './task-input.js';

/**
 * The entrance of a subtask whose chain begins with a source and has operators that read channels as well. Batches of the
 * source and elements of the gate go into the chain in turn; one that was begun is worked off before the other goes on.
 *
 * Two kinds of barriers meet here: the coordinator tells the source of a checkpoint, and channels bring barriers. The
 * snapshot is taken when both are there. Until then the gate holds back what has brought its barrier, as ever, but the
 * source goes on: its position is in the same snapshot as all that it has given, so wherever it is will do.
 */
export class SourceAndGateInput implements TaskInput {
  pauseAtBatchEnd: boolean;
  readonly readsChannels = true;
  readonly #source: SourceInput;
  readonly #gate: GateInput;
  readonly #flow: FlowControl;
  #isSourcesTurn: boolean;

  constructor(source: SourceInput, gate: GateInput, flow: FlowControl) {
    this.pauseAtBatchEnd = false;
    this.#source = source;
    this.#gate = gate;
    this.#flow = flow;
    this.#isSourcesTurn = false;
  }

  get recordsIn(): number {
    return this.#source.recordsIn + this.#gate.recordsIn;
  }

  get hasPartialBatch(): boolean {
    return this.#source.hasPartialBatch || this.#gate.hasPartialBatch;
  }

  run(): InputProgress {
    while (!this.#flow.stopped) {
      const found = this.#runOne();
      // With a barrier waiting this ends behind each, since any may have been the one that a snapshot was taken at.
      if (found !== 'more' || this.pauseAtBatchEnd || this.hasPartialBatch || !this.#flow.hasTime()) return found;
    }
    return 'more';
  }

  standBack(): void {
    this.#source.standBack();
  }

  queue(): InputQueue {
    return this.#gate.queue();
  }

  /** A record that came through a channel has no place that is known here. */
  currentPlace(): ErrorLocation {
    return this.#gate.hasPartialBatch ? this.#gate.currentPlace() : this.#source.currentPlace();
  }

  sourceAtBarrier(barrier: BarrierElement): boolean {
    return this.#gate.sourceAtBarrier(barrier);
  }

  #runOne(): InputProgress {
    if (this.#source.hasPartialBatch) return this.#source.runOne();
    if (this.#gate.hasPartialBatch) return this.#gate.runOne();
    const isSourcesTurn = this.#isSourcesTurn;
    this.#isSourcesTurn = !isSourcesTurn;
    const first = isSourcesTurn ? this.#runSource() : this.#gate.runOne();
    // Also a source that has found nothing may have moved event time on, and so left work to an operator.
    if (first === 'more' || this.#flow.stopped) return 'more';
    const second = isSourcesTurn ? this.#gate.runOne() : this.#runSource();
    if (second === 'more') return 'more';
    return first === 'end' && second === 'end' ? 'end' : 'nothing';
  }

  #runSource(): InputProgress {
    return this.#source.isHeld ? 'nothing' : this.#source.runOne();
  }
}

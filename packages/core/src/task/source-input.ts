import type { ErrorLocation } from '../base/errors.js';
import type { SourceHead } from '../operators/source-head.js';
import type { FlowControl } from './flow-control.js';
import type { TaskMailbox } from './mailbox.js';
import type { OperatorChain } from './operator-chain.js';
import type { InputProgress, InputQueue, TaskInput } from './task-input.js';

const NOTHING_QUEUED: InputQueue = Object.freeze({ bytes: 0, batches: 0, usage: 0 });

/** The entrance of a source subtask: polls the reader and runs its batches into the chain. */
export class SourceInput implements TaskInput {
  pauseAtBatchEnd: boolean;
  readonly #source: SourceHead;
  readonly #chain: OperatorChain;
  readonly #flow: FlowControl;
  readonly #mailbox: TaskMailbox;
  #waiting: boolean;
  #ended: boolean;
  #stopped: boolean;
  #holds: number;

  constructor(source: SourceHead, chain: OperatorChain, flow: FlowControl, mailbox: TaskMailbox) {
    this.pauseAtBatchEnd = false;
    this.#source = source;
    this.#chain = chain;
    this.#flow = flow;
    this.#mailbox = mailbox;
    this.#waiting = false;
    this.#ended = false;
    this.#stopped = false;
    this.#holds = 0;
  }

  readonly readsChannels = false;

  get isShared(): boolean {
    return this.#source.sharesWork;
  }

  get recordsIn(): number {
    return this.#source.recordsIn;
  }

  get hasPartialBatch(): boolean {
    return this.#source.hasPartialBatch;
  }

  run(): InputProgress {
    while (!this.#flow.stopped) {
      const found = this.runOne();
      if (found !== 'more' || this.pauseAtBatchEnd || this.#source.hasPartialBatch || !this.#flow.hasTime()) return found;
    }
    return 'more';
  }

  /** Takes one batch, or goes on with the one under way. */
  runOne(): InputProgress {
    if (!this.#source.hasPartialBatch) {
      if (this.#ended) return 'end';
      const found = this.#source.poll();
      if (!this.#source.hasPartialBatch) {
        if (found === 'nothing') return this.#wait();
        if (found === 'end') this.#end();
        return 'more';
      }
    }
    if (this.#source.run(this.#flow)) this.#chain.watermarkChance();
    return 'more';
  }

  /** Takes nothing from the reader until it is released as often. */
  hold(): void {
    this.#holds++;
    this.#source.heldBack();
  }

  standBack(): void {
    this.#source.heldBack();
  }

  release(): void {
    this.#holds--;
  }

  /** One that was stopped has no more records to hold. */
  get isHeld(): boolean {
    return this.#holds > 0 && !this.#stopped;
  }

  /** What a reader has fetched ahead is its own affair. */
  queue(): InputQueue {
    return NOTHING_QUEUED;
  }

  currentPlace(): ErrorLocation {
    return this.#source.currentPlace();
  }

  /** Ends reading where it is: without the final watermark, or with it (`drain`), so that all windows fire. */
  stop(drain: boolean): void {
    if (!drain) this.#stopped = true;
    this.#source.stop();
  }

  #end(): void {
    this.#ended = true;
    if (!this.#stopped) this.#source.end();
    this.#chain.sourceEnded();
  }

  /** Waits for the reader; a failure to fetch comes in as mail, so that it fails the subtask like any other. */
  #wait(): InputProgress {
    if (this.#waiting) return 'nothing';
    this.#waiting = true;
    this.#source.available().then(
      () => {
        this.#waiting = false;
        this.#mailbox.post(() => {});
      },
      (error: unknown) => {
        this.#mailbox.post(() => {
          throw error;
        });
      },
    );
    return 'nothing';
  }
}

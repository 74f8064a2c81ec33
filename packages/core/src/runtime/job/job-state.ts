import { assert } from '../../base/assert.js';

/** The states of a job, as Flink names them. */
export type JobState =
  | 'INITIALIZING' | 'CREATED' | 'RUNNING' | 'FAILING' | 'FAILED' | 'CANCELLING' | 'CANCELED' | 'FINISHED' | 'RESTARTING' | 'SUSPENDED';

/**
 * The legal moves; a state without any is final. A failure leads through FAILING, where the failed attempt is closed, to the
 * end or to RESTARTING, where the job waits and goes back to a checkpoint. A rescale restarts without a failure.
 */
const MOVES: { readonly [State in JobState]: readonly JobState[] } = {
  INITIALIZING: ['CREATED', 'FAILING', 'CANCELLING'],
  CREATED: ['RUNNING', 'FAILING', 'CANCELLING'],
  RUNNING: ['FINISHED', 'FAILING', 'CANCELLING', 'RESTARTING', 'SUSPENDED'],
  RESTARTING: ['CREATED', 'FAILING', 'CANCELLING'],
  FAILING: ['FAILED', 'RESTARTING'],
  CANCELLING: ['CANCELED'],
  SUSPENDED: ['RESTARTING', 'CANCELLING'],
  FAILED: [],
  CANCELED: [],
  FINISHED: [],
};

/** The state a job is in, moved only along the table. */
export class JobStateMachine {
  #state: JobState;
  readonly #listeners: ((state: JobState, before: JobState) => void)[];

  constructor() {
    this.#state = 'INITIALIZING';
    this.#listeners = [];
  }

  get state(): JobState {
    return this.#state;
  }

  get isFinal(): boolean {
    return MOVES[this.#state].length === 0;
  }

  /** Whether the table has a move from the current state. */
  mayMoveTo(state: JobState): boolean {
    return MOVES[this.#state].includes(state);
  }

  moveTo(state: JobState): void {
    assert(this.mayMoveTo(state), `a job moves from ${this.#state} to ${MOVES[this.#state].join(' or ') || 'nothing'}, not to ${state}`);
    const before = this.#state;
    this.#state = state;
    for (const listener of this.#listeners) listener(state, before);
  }

  onMove(listener: (state: JobState, before: JobState) => void): void {
    this.#listeners.push(listener);
  }
}

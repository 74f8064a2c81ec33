import type { Logger } from '../../base/logger.js';
import type { Platform } from '../../base/platform.js';
import type { StreamGraph } from '../../graph/stream-graph.js';
import { logFailure } from './failure-log.js';
import { FailureStory, type FailureFacts } from './failure-story.js';
import type { JobFailure } from './job-description.js';
import { restartHelps } from './restart-helps.js';
import { decideRestart, NO_FAILURES, type RestartHistory, type RestartStrategy } from './restart-strategy.js';

/** What a failure is, and what is to be done about it. */
export interface Judgement {
  readonly error: unknown;
  readonly facts: FailureFacts;
  readonly decision:
    | { readonly kind: 'restart'; readonly delayMs: number }
    /** The error is what the job ends with: the failure itself, or one that tells why it was not tried again. */
    | { readonly kind: 'giveUp'; readonly reason: string; readonly error: unknown };
}

/** What the judge has to know of a job. */
export interface JudgeOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly graph: StreamGraph;
  readonly restart: RestartStrategy;
}

/** Judges the failures of one run by its restart strategy, and keeps its story. */
export class FailureJudge {
  readonly #options: JudgeOptions;
  readonly #story: FailureStory;
  #history: RestartHistory;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#story = new FailureStory();
    this.#history = NO_FAILURES;
  }

  /** Restarts that were decided so far. */
  get restarts(): number {
    return this.#history.restarts;
  }

  /** The last failures, oldest first. */
  get failures(): readonly JobFailure[] {
    return this.#story.entries;
  }

  /** Judges a failure of an attempt. `mayRestart`: whether the run had begun at all. */
  judge(error: unknown, { attempt, checkpoints, mayRestart }: { readonly attempt: number; readonly checkpoints: number; readonly mayRestart: boolean }): Judgement {
    const facts = this.#story.happened(error, { at: this.#options.platform.clock.now(), attempt, checkpoints });
    return { error, facts, decision: this.#decide(error, mayRestart) };
  }

  /** The job, or a part of it, goes on after a wait: told once. */
  goesOn({ facts, decision }: Judgement, scope: JobFailure['scope'], restoredFrom: number | undefined): void {
    const failure: JobFailure = { ...facts, scope, restoredFrom, restartAfterMs: decision.kind === 'restart' ? decision.delayMs : undefined };
    this.#story.keep(failure);
    logFailure(failure, this.#options.graph, this.#options.logger);
  }

  /** The job ends: whoever waits for it is told the error, so the log says only why nothing is tried any more. */
  ends({ facts, decision }: Judgement): void {
    this.#story.keep({ ...facts, scope: 'job', restartAfterMs: undefined, restoredFrom: undefined });
    if (decision.kind !== 'giveUp' || this.restarts === 0) return;
    this.#options.logger.error(`the job has failed and is not started again: ${decision.reason}`, { attempt: facts.attempt });
  }

  #decide(error: unknown, mayRestart: boolean): Judgement['decision'] {
    const { platform, restart, graph } = this.#options;
    if (!mayRestart || !restartHelps(error)) return { kind: 'giveUp', reason: 'a restart would only repeat it', error };
    const random = restart.kind === 'exponential-delay' ? platform.random.nextUint32() / 2 ** 32 : 0;
    const { history, decision } = decideRestart(restart, this.#history, { now: platform.clock.monotonicMs(), random });
    if (decision.kind === 'giveUp') return { ...decision, error };
    const loop = this.#story.endlessLoop(error, graph.job);
    if (loop !== undefined) return { kind: 'giveUp', reason: 'the same failure has come again and again', error: loop };
    this.#history = history;
    return decision;
  }
}

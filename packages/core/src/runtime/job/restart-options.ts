import type { OptionValues } from '../../base/options.js';
import type { StreamGraph } from '../../graph/stream-graph.js';
import type { RestartStrategy } from './restart-strategy.js';

/** Restarts of a fixed delay, and failures that a failure rate allows, unless given. */
const DEFAULT_ATTEMPTS = 3;

/** Each wait of an exponential delay is so many times the one before. */
const MULTIPLIER = 1.5;
const JITTER = 0.1;

/**
 * The strategy that the options name (rule 45). Where they name none: an exponential delay when the job has checkpoints
 * and all of its input can be read again, and no restart otherwise, since it would quietly lose or repeat records.
 */
export function restartStrategyOf(values: OptionValues, graph: StreamGraph, hasCheckpoints: boolean): RestartStrategy {
  const replayable = graph.nodes.every((node) => node.details?.['replayable'] !== false);
  const delayMs = values['restart.delay'];
  switch (values['restart.strategy'] ?? (hasCheckpoints && replayable ? 'exponential-delay' : 'none')) {
    case 'none':
      return { kind: 'none' };
    case 'fixed-delay':
      return { kind: 'fixed-delay', attempts: values['restart.attempts'] ?? DEFAULT_ATTEMPTS, delayMs };
    case 'failure-rate':
      return { kind: 'failure-rate', maxFailures: values['restart.attempts'] ?? DEFAULT_ATTEMPTS, intervalMs: values['restart.interval'], delayMs };
    case 'exponential-delay':
      return {
        kind: 'exponential-delay', initialDelayMs: delayMs, maxDelayMs: values['restart.maxDelay'],
        multiplier: MULTIPLIER, jitter: JITTER, resetAfterMs: values['restart.resetAfter'],
      };
  }
}

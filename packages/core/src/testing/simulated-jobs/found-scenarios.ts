import type { Scenario } from './scenario.js';

/** A scenario in which the engine was once wrong, as it was drawn then. */
export interface FoundScenario {
  readonly story: string;
  readonly scenario: Scenario;
}

const CALM = { latencyMs: 3, refusals: 0, lostReplies: 0, late: 0, recordsPerSecond: undefined };

/** Each stays as it is: changing how scenarios are drawn must not lose it. */
export const FOUND: readonly FoundScenario[] = [
  {
    story: 'instances stopped one after the other, and those that stopped first no longer held event time back',
    scenario: {
      seed: 120,
      job: {
        counts: [111], splits: 4,
        choices: [{ operation: 'window', from: 0, other: 5, rebalance: false }, { operation: 'lateWindow', from: 3, other: 6, rebalance: false }, { operation: 'timers', from: 4, other: 6, rebalance: false }, { operation: 'timers', from: 1, other: 7, rebalance: false }, { operation: 'map', from: 3, other: 4, rebalance: false }],
      },
      lives: [{ parallelism: 4, workers: 2, backend: 'heap', end: { kind: 'stopped', afterMs: 67 }, faults: [], acts: [], damage: undefined }],
      last: { parallelism: 4, workers: 1, backend: 'log' },
      store: 'file', sinks: 'files', warehouse: CALM, batchSize: 64, checkpointIntervalMs: 15, clockTickMs: 0.7, maxLatencyMs: 2, generateCode: true, replays: false,
    },
  },
  {
    story: 'a process that was replaced while it was stopped went on as long as it took no checkpoint',
    scenario: {
      seed: 254,
      job: { counts: [30], splits: 3, choices: [{ operation: 'map', from: 0, other: 0, rebalance: true }] },
      lives: [
        { parallelism: 4, workers: 0, backend: 'log', end: { kind: 'zombie', afterMs: 28 }, faults: [], acts: [], damage: undefined },
        { parallelism: 2, workers: 0, backend: 'heap', end: { kind: 'killedAt', point: 'before-ack', nth: 9, power: false }, faults: [], acts: [], damage: undefined },
      ],
      last: { parallelism: 2, workers: 0, backend: 'heap' },
      store: 'file', sinks: 'warehouse', warehouse: { ...CALM, recordsPerSecond: 1 }, batchSize: 16, checkpointIntervalMs: 100_000, clockTickMs: 0.1, maxLatencyMs: 0, generateCode: true, replays: false,
    },
  },
  {
    story: 'a run that died between its manifest and its mark had its commits made by the next one, and the mark was still missing',
    scenario: {
      seed: 6801,
      job: { counts: [101], splits: 4, choices: [{ operation: 'lateWindow', from: 3, other: 5, rebalance: false }] },
      lives: [
        { parallelism: 1, workers: 0, backend: 'heap', end: { kind: 'powerCut', afterMs: 32, mode: 'tear' }, faults: [{ kind: 'sleep', afterMs: 34, forMs: 28800000 }], acts: [], damage: 'wrongBytes' },
        { parallelism: 1, workers: 0, backend: 'heap', end: { kind: 'killedAt', point: 'before-committing-mark', nth: 2, power: false }, faults: [], acts: [], damage: undefined },
        { parallelism: 4, workers: 0, backend: 'heap', end: { kind: 'powerCut', afterMs: 69, mode: 'tear' }, faults: [{ kind: 'clockJump', afterMs: 0, byMs: -3600000 }, { kind: 'inputOutput', after: 8, times: 1, operation: 'syncDirectory' }], acts: [], damage: 'wrongBytes' },
      ],
      last: { parallelism: 4, workers: 0, backend: 'log' },
      warehouse: { latencyMs: 0, refusals: 0, lostReplies: 0, late: 0, recordsPerSecond: undefined },
      store: 'file', sinks: 'warehouse', batchSize: 1, checkpointIntervalMs: 38, clockTickMs: 0.1, maxLatencyMs: 0, generateCode: true, replays: false,
    },
  },
  {
    story: 'what several instances had handed out was dealt out piece by piece after a restart, and committed side by side',
    scenario: {
      seed: 6575,
      job: { counts: [364], splits: 1, choices: [{ operation: 'explode', from: 2, other: 4, rebalance: true }, { operation: 'union', from: 6, other: 0, rebalance: true }] },
      lives: [
        { parallelism: 2, workers: 0, backend: 'heap', end: { kind: 'killedAt', point: 'during-upload', nth: 12, power: false }, faults: [], acts: [], damage: undefined },
        { parallelism: 3, workers: 0, backend: 'heap', end: { kind: 'killedAt', point: 'during-upload', nth: 2, power: true }, faults: [{ kind: 'inputOutput', after: 56, times: 1, operation: 'rename' }], acts: [], damage: undefined },
        { parallelism: 2, workers: 0, backend: 'heap', end: { kind: 'killedAt', point: 'before-directory-sync', nth: 7, power: false }, faults: [{ kind: 'slowDisk', times: 2 }, { kind: 'inputOutput', after: 10, times: 3, operation: 'write' }], acts: [], damage: 'wrongBytes' },
      ],
      last: { parallelism: 4, workers: 0, backend: 'log' },
      warehouse: { latencyMs: 40, refusals: 0, lostReplies: 0, late: 0, recordsPerSecond: undefined },
      store: 'file', sinks: 'warehouse', batchSize: 1, checkpointIntervalMs: 5, clockTickMs: 0.02, maxLatencyMs: 0, generateCode: true, replays: false,
    },
  },
];

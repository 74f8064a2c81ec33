import { NULL_LOGGER } from '../base/logger.js';
import { MetricRegistry } from '../base/metrics.js';
import type { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import type { SubtaskEnvironment } from './ports.js';

/** The environment of a subtask without state, in tests: what it acknowledges is noted in `happened`. */
export function statelessEnvironment(platform: SimulatedPlatform, happened: string[]): SubtaskEnvironment {
  return {
    platform, logger: NULL_LOGGER, metrics: new MetricRegistry(), signal: new AbortController().signal, job: 'test', attempt: 0, epoch: 1,
    settings: { bufferTimeoutMs: 0 } as SubtaskEnvironment['settings'],
    coordinator: { requestSplit: () => {}, acknowledge: (checkpointId) => happened.push(`acknowledged ${checkpointId}`), reportWatermark: () => {} },
    createState: () => { throw new Error('no state'); },
    print: () => {}, emitRow: () => {}, wake: () => {},
  };
}

import type { Platform } from '../../base/platform.js';
import type { ThreadMessage } from '../../base/platform-threads.js';
import type { CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { Sink } from '../../connector/sink.js';
import type { SimulatedPlatform } from '../simulation/simulated-platform.js';
import type { Scenario } from './scenario.js';

/**
 * An engine with one protection taken out, by what is put between it and its surroundings. The simulator must find that:
 * otherwise it would not find the bug either.
 */
export interface Canary {
  readonly name: string;
  /** What is no longer done. */
  readonly breaks: string;
  /** Leads scenarios to where the protection matters; they stay functions of their seed. */
  readonly scenario?: ((scenario: Scenario) => Scenario) | undefined;
  readonly platform?: ((platform: SimulatedPlatform) => SimulatedPlatform) | undefined;
  readonly store?: ((store: CheckpointStore, platform: Platform) => CheckpointStore) | undefined;
  readonly sink?: ((sink: Sink<unknown>) => Sink<unknown>) | undefined;
  /** Changes what threads tell each other. */
  readonly message?: ((message: ThreadMessage) => readonly ThreadMessage[]) | undefined;
  /** Whether the warehouse lets commits of replaced runs in. */
  readonly unfencedWarehouse?: boolean;
  /** Changes the engine's own code for the time of a run; gives what takes the change back. */
  readonly patch?: (() => () => void) | undefined;
}

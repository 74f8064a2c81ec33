import type { OperatorFactory } from '../operators/operator.js';
import { DEFAULT_MAX_PARALLELISM, keyGroupOf, subtaskForKeyGroup } from '../record/key-hash.js';
import { HarnessMisused } from './harness-errors.js';
import type { OutputEvent } from './harness-log.js';
import type { HarnessSnapshot } from './harness-snapshot.js';
import { type HarnessOptions, OperatorHarness } from './operator-harness.js';

/**
 * How the records of an input find their subtask: by key, to all of them, or one after the other.
 */
export type HarnessRoute = 'broadcast' | 'rebalance' | ((value: never) => unknown);

/** How several instances are set up. */
export interface ParallelHarnessOptions extends HarnessOptions {
  readonly parallelism: number;
  /** By input; a missing one is `rebalance`. */
  readonly routes: readonly HarnessRoute[];
}

/** Several parallel instances of one operator, with records routed to them as a job would. */
export class ParallelHarness {
  readonly instances: readonly OperatorHarness[];
  readonly #options: ParallelHarnessOptions;
  #next: number;

  private constructor(instances: readonly OperatorHarness[], options: ParallelHarnessOptions) {
    this.instances = instances;
    this.#options = options;
    this.#next = 0;
  }

  /** Makes and opens the instances; with `restore` in the options each takes over its part. */
  static async open(operators: OperatorFactory | readonly OperatorFactory[], options: ParallelHarnessOptions): Promise<ParallelHarness> {
    const instances: OperatorHarness[] = [];
    for (let subtask = 0; subtask < options.parallelism; subtask++) instances.push(await OperatorHarness.open(operators, { ...options, subtask }));
    return new ParallelHarness(instances, options);
  }

  /** Gives an element to the instance (or instances) it belongs to. */
  element(value: unknown, timestamp?: number, input: number = 0): void {
    const route = this.#options.routes[input] ?? 'rebalance';
    if (route === 'broadcast') this.each((instance) => instance.element(value, timestamp, input));
    else this.#instanceFor(route, value).element(value, timestamp, input);
  }

  /** Does something with every instance. */
  each(action: (instance: OperatorHarness) => void): void {
    for (const instance of this.instances) action(instance);
  }

  /** Lets promises of all instances settle. */
  async settle(): Promise<void> {
    for (const instance of this.instances) await instance.settle();
  }

  /** A snapshot of every instance. */
  snapshot(): readonly HarnessSnapshot[] {
    return this.instances.map((instance) => instance.snapshot());
  }

  /** What came out of all instances since the last call. */
  takeEvents(): readonly OutputEvent[] {
    return this.instances.flatMap((instance) => instance.takeEvents());
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.close();
  }

  #instanceFor(route: 'rebalance' | ((value: never) => unknown), value: unknown): OperatorHarness {
    const { parallelism, maxParallelism = DEFAULT_MAX_PARALLELISM } = this.#options;
    const subtask =
      route === 'rebalance'
        ? this.#next++ % parallelism
        : subtaskForKeyGroup(keyGroupOf((route as (value: unknown) => unknown)(value), maxParallelism), parallelism, maxParallelism);
    const instance = this.instances[subtask];
    if (instance === undefined) throw HarnessMisused.error({ what: `there is no instance ${subtask} of ${parallelism}` });
    return instance;
  }
}

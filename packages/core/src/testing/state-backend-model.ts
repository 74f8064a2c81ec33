/**
 * Random operations on a state backend beside an obvious model: for property tests of backends. One case runs a job of
 * one to three subtasks over a small set of keys; snapshots are taken in slices while the state goes on changing, some
 * are given up, and now and then everything is thrown away and restored from the last complete one, with another
 * number of subtasks.
 */
import { keyGroupOf, keyGroupRange, subtaskForKeyGroup } from '../record/key-hash.js';
import { mapKey } from '../record/map-key.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { Clock } from '../base/platform.js';
import type { SnapshotRun, StateBackendFactory } from '../state/backend.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { appendToChain } from '../state/snapshot-chain.js';
import { expectSame } from './state-kit-equal.js';
import { StateModel, type TimerModel } from './state-model.js';
import { StateRig, type RigOptions } from './state-rig.js';

const MAX_PARALLELISM = 7;
const KEYS: readonly unknown[] = ['a', 'b', 'a longer key of more than thirteen', 1, 2, -7.5, 3n, true, ['x', 1], ['x', 2], { id: 'p' }, '__proto__', '1'];

/** What a model test may choose. */
export interface ModelOptions extends RigOptions {
  /** Operations and restores together; 160 unless given. */
  readonly steps?: number;
  /** The keys that there are; of many kinds unless given. */
  readonly keys?: readonly unknown[];
  /** The types of keys that the job is restarted with in turns; none declares one unless given. */
  readonly keyTypes?: readonly TypeInfo[];
}

/** A seeded sequence of small numbers. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** A whole number from 0 to `sides - 1`. */
  roll(sides: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % sides;
  }
}

/** A clock that only moves when it is told to. */
export class StillClock implements Clock {
  time = 1_000_000;

  now(): number {
    return this.time;
  }

  monotonicMs(): number {
    return this.time;
  }
}

/** One job: its subtasks, the model, and the snapshot under way. */
class ModelRun {
  readonly #factory: StateBackendFactory;
  readonly #options: ModelOptions;
  readonly #keys: readonly unknown[];
  readonly #dice: Dice;
  readonly #clock: StillClock;
  #rigs: StateRig[];
  #model: StateModel;
  #checkpointId: number;
  #runs: SnapshotRun[] | null;
  #frozen: StateModel | null;
  #chains: OperatorSnapshot[];
  #complete: StateModel;

  constructor(factory: StateBackendFactory, seed: number, options: ModelOptions) {
    this.#factory = factory;
    this.#options = options;
    this.#keys = options.keys ?? KEYS;
    this.#dice = new Dice(seed);
    this.#clock = new StillClock();
    this.#model = new StateModel(this.#clock);
    this.#rigs = this.#makeRigs(1 + this.#dice.roll(3), []);
    this.#model.startWith(this.#rigs.length);
    this.#checkpointId = 0;
    this.#runs = null;
    this.#frozen = null;
    this.#chains = [];
    this.#complete = this.#model.copy();
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) this.#step();
    this.#restore();
    this.#compareAll();
    for (const rig of this.#rigs) this.#fire(rig, 'event', Infinity);
    this.#compareAll();
  }

  #step(): void {
    const choice = this.#dice.roll(100);
    if (choice < 70) this.#change();
    else if (choice < 75) this.#clock.time += this.#dice.roll(30);
    else if (choice < 82) this.#fire(this.#rigs[this.#dice.roll(this.#rigs.length)]!, this.#dice.roll(2) === 0 ? 'event' : 'processing', this.#dice.roll(40));
    else if (choice < 85) for (const rig of this.#rigs) rig.backend.maintain(this.#dice.roll(2));
    else if (choice < 97) this.#snapshotStep();
    else if (choice < 98) this.#restore();
    else this.#compareAll();
  }

  #change(): void {
    const key = this.#keys[this.#dice.roll(this.#keys.length)]!;
    const rig = this.#rigOf(key);
    const operation = { kind: this.#dice.roll(26), a: this.#dice.roll(5), b: this.#dice.roll(40) };
    rig.change(key, operation);
    this.#model.change(key, operation, this.#rigs.indexOf(rig));
    if (operation.kind === 25) for (const other of this.#rigs) if (other !== rig) other.changeBroadcast(operation);
  }

  #snapshotStep(): void {
    if (this.#runs === null) {
      if (this.#dice.roll(2) === 0) return;
      this.#checkpointId++;
      this.#runs = this.#rigs.map((rig) => rig.backend.beginSnapshot(this.#checkpointId));
      this.#frozen = this.#model.copy();
      return;
    }
    if (this.#dice.roll(12) === 0) {
      for (const run of this.#runs) run.cancel();
      this.#runs = null;
      return;
    }
    let done = true;
    const patience = this.#dice.roll(3) === 0 ? 1000 : this.#dice.roll(12);
    for (const run of this.#runs) {
      let progress = run.advance(0);
      for (let count = 0; progress === 'more' && count < patience; count++) progress = run.advance(0);
      done &&= progress === 'done';
    }
    if (done) this.#finishSnapshot(this.#runs);
  }

  #finishSnapshot(runs: readonly SnapshotRun[]): void {
    const results = runs.map((run) => run.result());
    this.#runs = null;
    // Sometimes a checkpoint never completes, though all its parts were written.
    if (this.#dice.roll(4) === 0) return;
    this.#chains = results.map((result, at) => appendToChain(this.#chains[at], result));
    this.#complete = this.#frozen!;
    for (const rig of this.#rigs) rig.backend.snapshotComplete(this.#checkpointId);
  }

  #restore(): void {
    this.#runs = null;
    for (const rig of this.#rigs) rig.backend.close();
    const chains = this.#chains;
    const parallelism = 1 + this.#dice.roll(3);
    this.#model = this.#complete.rescaled(parallelism);
    this.#rigs = this.#makeRigs(parallelism, chains);
    this.#compareAll();
    // What was restored is the start of a new chain, and the same checkpoint may be restored once more.
    this.#complete = this.#model.copy();
    this.#checkpointId++;
    const runs = this.#rigs.map((rig) => rig.backend.beginSnapshot(this.#checkpointId));
    for (const run of runs) while (run.advance(1) === 'more');
    this.#chains = runs.map((run) => appendToChain(undefined, run.result()));
    for (const rig of this.#rigs) rig.backend.snapshotComplete(this.#checkpointId);
  }

  #fire(rig: StateRig, domain: 'event' | 'processing', by: number): void {
    const limit = domain === 'event' ? rig.watermark + by : this.#clock.time;
    let patience = this.#dice.roll(5);
    const fired = rig.fire(domain, limit, () => patience-- > 0, () => (patience = 1 + this.#dice.roll(5)));
    const expected = this.#model.fire(domain, limit, (timer) => this.#owns(rig, timer));
    expectSame(fired, expected, `the order of ${domain} timers up to ${limit}`);
  }

  #owns(rig: StateRig, timer: TimerModel): boolean {
    return this.#rigOf(timer.key) === rig;
  }

  #rigOf(key: unknown): StateRig {
    return this.#rigs[subtaskForKeyGroup(keyGroupOf(key, MAX_PARALLELISM), this.#rigs.length, MAX_PARALLELISM)]!;
  }

  #compareAll(): void {
    for (const key of this.#keys) expectSame(this.#rigOf(key).dump(key), this.#model.dump(key), `the state of key ${String(mapKey(key))}`);
    this.#rigs.forEach((rig, subtask) => expectSame(rig.dumpOperatorState(), this.#model.dumpOperatorState(subtask), `the operator state of subtask ${subtask}`));
    const counts = this.#rigs.reduce((sum, rig) => sum + rig.timers.eventTimeCount + rig.timers.processingTimeCount, 0);
    expectSame(counts, this.#model.timerCount, 'the number of timers');
    for (const rig of this.#rigs) expectSame(rig.timers.nextProcessingTime, this.#model.earliest('processing', (timer) => this.#owns(rig, timer)), 'the next processing time');
  }

  #makeRigs(parallelism: number, chains: readonly OperatorSnapshot[]): StateRig[] {
    const { keyTypes } = this.#options;
    const keyType = keyTypes?.[this.#dice.roll(keyTypes.length)];
    return Array.from(
      { length: parallelism },
      (_, subtask) =>
        new StateRig(
          this.#factory.create({
            operatorUid: 'model',
            keyGroups: keyGroupRange(subtask, parallelism, MAX_PARALLELISM),
            maxParallelism: MAX_PARALLELISM,
            clock: this.#clock,
            subtask,
            parallelism,
            ...(keyType === undefined ? {} : { keyType }),
            check: this.#options.check ?? false,
            incremental: this.#options.incremental ?? true,
          }),
          chains,
          MAX_PARALLELISM,
        ),
    );
  }
}

/** Runs one random case; throws where the backend and the model differ. */
export function runStateModel(factory: StateBackendFactory, seed: number, options: ModelOptions = {}): void {
  new ModelRun(factory, seed, options).run(options.steps ?? 160);
}

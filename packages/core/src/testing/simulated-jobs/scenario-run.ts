import type { CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { ReachPoint } from '../../base/reach-points.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { MemoryCheckpointStore } from '../../stores/memory-checkpoint-store.js';
import { checkRun, firstViolation } from '../invariants/check-run.js';
import type { InvariantId, Verdict } from '../invariants/invariant.js';
import type { WatermarkSeen } from '../invariants/event-time.js';
import { ProcessEnded } from '../simulation/errors.js';
import { SeededRandom } from '../simulation/seeded-random.js';
import { filterMessages } from '../simulation/simulated-port.js';
import type { SimulatedProcess } from '../simulation/simulated-process.js';
import { SimulatedPlatform } from '../simulation/simulated-platform.js';
import type { Canary } from './canary.js';
import { damageCheckpoint } from './damage.js';
import { FlowWatch } from './flow-watch.js';
import { layFaults } from './lay-faults.js';
import { observationsOf, type SeenRun } from './observations.js';
import { fileOutputs, warehouseOutputs, type Outputs } from './outputs.js';
import { replayCheckpoints } from './replays.js';
import type { Life, LifeEnd, Scenario } from './scenario.js';
import { buildSimulatedJob, MAX_SINKS, type ExpectedSink } from './simulated-job.js';
import { SimulatedLife } from './simulated-life.js';
import { Trace } from './trace.js';
import { Warehouse } from './warehouse.js';
import { WatermarkProbes } from './watermark-probe.js';

/** How a run came out. */
export interface ScenarioResult {
  readonly seed: number;
  /** What is wrong; undefined: nothing. */
  readonly failure: string | undefined;
  readonly verdicts: Readonly<Record<InvariantId, Verdict>> | undefined;
  readonly trace: readonly string[];
  /** How often each point was reached, and at which the run was killed. */
  readonly reached: ReadonlyMap<ReachPoint, number>;
  readonly killedAt: readonly ReachPoint[];
}

/** A life that has not come to its own end by then is killed. */
const LIFE_LIMIT_MS = 60_000;
/** The last life has to end by then. */
const LAST_LIMIT_MS = 3_600_000;
/** Events of one life at the most. */
const MAX_EVENTS = 400_000;
/** After so long a stopped process is taken for dead; it then has so long to notice when it wakes. */
const TAKEN_FOR_DEAD_MS = 11_000;
const NOTICE_MS = 15_000;
/** A trial with damaged checkpoints lives so long. */
const TRIAL_MS = 400;

/** Runs a scenario on a simulated machine and holds it against the invariants. */
export async function runScenario(scenario: Scenario, canary?: Canary): Promise<ScenarioResult> {
  const undo = canary?.patch?.();
  try {
    return await new ScenarioRun(scenario, canary).run();
  } finally {
    undo?.();
  }
}

class ScenarioRun {
  readonly #scenario: Scenario;
  readonly #canary: Canary | undefined;
  readonly #machine: SimulatedPlatform;
  readonly #random: SeededRandom;
  readonly #trace: Trace;
  readonly #warehouse: Warehouse;
  readonly #memory: MemoryCheckpointStore;
  readonly #outputs: Outputs;
  readonly #flow: FlowWatch;
  readonly #watermarks: WatermarkSeen[];
  readonly #looks: Map<number, string[][]>;
  readonly #reached: Map<ReachPoint, number>;
  readonly #killedAt: ReachPoint[];
  readonly #read: Map<number, number>;
  readonly #written: Map<number, number>;
  #mostHeld: number;
  #expected: readonly ExpectedSink[];
  #platform: SimulatedPlatform;
  #lives: number;
  #zombies: SimulatedLife[];
  #plan: { readonly whose: SimulatedProcess; readonly end: LifeEnd; seen: number } | undefined;

  constructor(scenario: Scenario, canary: Canary | undefined) {
    const { seed, clockTickMs, maxLatencyMs } = scenario;
    this.#scenario = scenario;
    this.#canary = canary;
    this.#machine = new SimulatedPlatform({ seed, clockTickMs, maxLatencyMs, shuffle: true });
    this.#platform = this.#machine;
    this.#random = new SeededRandom(seed ^ 0x5eed);
    this.#trace = new Trace(() => this.#machine.time.elapsedMs);
    this.#warehouse = new Warehouse(scenario.warehouse, this.#random, this.#machine.time, canary?.unfencedWarehouse === true);
    this.#memory = new MemoryCheckpointStore();
    this.#outputs = scenario.sinks === 'files' ? fileOutputs(() => this.#platform.files, MAX_SINKS) : warehouseOutputs(this.#warehouse);
    this.#flow = new FlowWatch();
    this.#watermarks = [];
    this.#looks = new Map();
    this.#reached = new Map();
    this.#killedAt = [];
    this.#read = new Map();
    this.#written = new Map();
    this.#mostHeld = 0;
    this.#expected = [];
    this.#lives = 0;
    this.#zombies = [];
    this.#plan = undefined;
    this.#machine.onReach((point, process) => this.#onReach(point, process));
    filterMessages(this.#machine.time, (message, from, to) => {
      const delivered = canary?.message?.(message) ?? [message];
      for (const one of delivered) this.#flow.saw(one, from, to);
      return delivered;
    });
  }

  async run(): Promise<ScenarioResult> {
    const failure = await this.#live();
    if (failure !== undefined) return this.#result(failure, undefined);
    const replays = this.#scenario.replays ? await replayCheckpoints(this.#scenario, this.#canary) : undefined;
    const verdicts = checkRun(observationsOf(this.#seen(replays)));
    return this.#result(firstViolation(verdicts) ?? this.#warehouse.offences[0], verdicts);
  }

  #result(failure: string | undefined, verdicts: ScenarioResult['verdicts']): ScenarioResult {
    if (failure !== undefined) this.#trace.add(`FAILED ${failure}`);
    return { seed: this.#scenario.seed, failure, verdicts, trace: this.#trace.lines, reached: this.#reached, killedAt: this.#killedAt };
  }

  #seen(replays: SeenRun['replays']): SeenRun {
    return {
      scenario: this.#scenario,
      expected: this.#expected,
      outputs: this.#outputs,
      looks: this.#looks,
      watermarks: this.#watermarks,
      flow: this.#flow,
      held: this.#mostHeld,
      files: this.#platform.files,
      replays,
    };
  }

  /** All lives, one after the other. Gives what went wrong beyond the invariants. */
  async #live(): Promise<string | undefined> {
    for (const life of this.#scenario.lives) {
      const bad = (await this.#oneLife(life)) ?? (await this.#tryDamaged(life));
      if (bad !== undefined) return bad;
      this.#look();
    }
    const last = this.#begin(this.#scenario.last, 'the last life');
    await this.#wakeZombies();
    for (let look = 0; look < 2 && !last.hasEnded; look++) {
      await this.#until(() => last.hasEnded, 20);
      this.#look();
    }
    await this.#until(() => last.hasEnded, LAST_LIMIT_MS);
    if (!last.hasEnded) return `the last life has not ended in ${LAST_LIMIT_MS / 60_000} minutes: ${JSON.stringify(last.job.describe())}`;
    if (last.result?.state !== 'FINISHED') return `the last life has failed: ${String(last.error)}`;
    this.#trace.add('the last life has finished');
    return this.#zombiesStopped();
  }

  async #oneLife(life: Life): Promise<string | undefined> {
    const { end } = life;
    const running = this.#begin(life, `life ${this.#lives + 1}`, end);
    const heal = layFaults(this.#platform, life.faults, this.#trace);
    this.#ask(running, life.acts);
    await this.#wakeZombies();
    if ('afterMs' in end) await this.#until(() => running.hasEnded || running.isDead, end.afterMs);
    await this.#end(running, end);
    heal();
    const bad = running.badEnd ?? (await this.#zombiesStopped());
    this.#plan = undefined;
    if (bad !== undefined) return bad;
    if (running.isDead) this.#trace.add(`${running.name} is dead`);
    else this.#trace.add(`${running.name} ended: ${running.result?.state ?? String(running.error)}`);
    if (end.kind === 'powerCut' || (end.kind === 'killedAt' && end.power)) {
      this.#platform = this.#machine.crash(end.kind === 'powerCut' ? end.mode : 'tear');
      this.#zombies = [];
    } else {
      if (!running.platform.owner.suspended) running.platform.owner.kill();
      this.#platform = this.#machine.startProcess('main');
    }
    return undefined;
  }

  /** Has the user ask for what the scenario says. */
  #ask(running: SimulatedLife, acts: Life['acts']): void {
    const { time } = this.#machine;
    for (const act of acts) {
      const what = act.kind === 'rescale' ? `a rescale to ${act.parallelism}` : `a ${act.kind}`;
      time.at(time.elapsedMs + act.afterMs, { killed: false }, () => running.act(act, (outcome) => this.#trace.add(`${running.name} was asked for ${what}: ${outcome}`)), false);
    }
  }

  /** Brings the life to the end that is planned for it. */
  async #end(running: SimulatedLife, end: LifeEnd): Promise<void> {
    if (running.hasEnded || running.isDead) return;
    switch (end.kind) {
      case 'powerCut':
      case 'killed':
        running.platform.owner.kill();
        return;
      case 'zombie':
        this.#trace.add(`${running.name} stops breathing`);
        running.platform.owner.suspend();
        this.#zombies.push(running);
        await this.#until(() => false, TAKEN_FOR_DEAD_MS);
        return;
      case 'taskManagerKilled':
        running.platform.owner.killOneThread(this.#random.below(4));
        break;
      case 'stopped':
        void running.job.stop();
        break;
      case 'canceled':
        void running.job.cancel();
    }
    await this.#until(() => running.hasEnded || running.isDead, LIFE_LIMIT_MS);
  }

  #begin(place: Pick<Life, 'backend' | 'parallelism' | 'workers'>, name: string, end?: LifeEnd): SimulatedLife {
    this.#lives++;
    this.#trace.add(`${name} begins: ${place.parallelism} instances in ${place.workers === 0 ? 'one thread' : `${place.workers} workers`} on ${place.backend}${end === undefined ? '' : `, until ${JSON.stringify(end)}`}`);
    const platform = this.#platform;
    this.#plan = end === undefined ? undefined : { whose: platform.owner, end, seen: 0 };
    const probes = new WatermarkProbes(name, this.#watermarks);
    const build = (of: SimulatedPlatform): ReturnType<typeof buildSimulatedJob> =>
      buildSimulatedJob(this.#scenario.job, place.parallelism, { timers: of.timers, probes, begin: () => this.#forgetCounts(platform), read: (source) => this.#count(this.#read, source, platform), sink: (number) => this.#sink(number, platform) });
    this.#expected = build(platform).expected;
    return new SimulatedLife({ scenario: this.#scenario, place, name, platform, store: this.#store(platform), tamper: (of) => this.#canary?.platform?.(of) ?? of, build: (of) => build(of).program });
  }

  #store(platform: SimulatedPlatform): CheckpointStore {
    const engine = this.#canary?.platform?.(platform) ?? platform;
    const store = this.#scenario.store === 'memory' ? this.#memory : new FileCheckpointStore(engine, { directory: '/state', job: 'simulated' });
    return this.#canary?.store?.(store, platform) ?? store;
  }

  #sink(number: number, platform: SimulatedPlatform): ReturnType<Outputs['sink']> {
    const sink = this.#outputs.sink(number, () => this.#count(this.#written, number, platform));
    return this.#canary?.sink?.(sink) ?? sink;
  }

  #forgetCounts(of: SimulatedPlatform): void {
    if (of !== this.#platform) return;
    this.#read.clear();
    this.#written.clear();
  }

  /** The first sinks take what the first sources give, record by record: the difference is under way between them. */
  #count(counts: Map<number, number>, number: number, of: SimulatedPlatform): void {
    if (of !== this.#platform) return;
    counts.set(number, (counts.get(number) ?? 0) + 1);
    if (number >= this.#scenario.job.counts.length) return;
    this.#mostHeld = Math.max(this.#mostHeld, (this.#read.get(number) ?? 0) - (this.#written.get(number) ?? 0));
  }

  #onReach(point: ReachPoint, where: SimulatedProcess): void {
    this.#reached.set(point, (this.#reached.get(point) ?? 0) + 1);
    const plan = this.#plan;
    if (plan === undefined || plan.whose !== where.root || !('point' in plan.end) || plan.end.point !== point) return;
    plan.seen++;
    if (plan.seen !== plan.end.nth) return;
    this.#trace.add(`killed at "${point}", time ${plan.seen}${plan.end.kind === 'taskManagerKilledAt' ? ' (the task manager only)' : ''}`);
    this.#killedAt.push(point);
    if (plan.end.kind === 'taskManagerKilledAt') where.kill();
    else where.root.kill();
  }

  /** Starts once with damaged checkpoints: that fails with a code, or does without them; never with wrong results. */
  async #tryDamaged(life: Life): Promise<string | undefined> {
    if (life.damage === undefined || this.#zombies.length > 0) return undefined;
    const damaged = damageCheckpoint(this.#platform.files, '/state', life.damage, this.#random);
    if (damaged === undefined) return undefined;
    this.#trace.add(`damage: ${damaged.what}`);
    const trial = this.#begin(life, `a trial with damage`);
    await this.#until(() => trial.hasEnded, TRIAL_MS);
    const bad = trial.badEnd;
    this.#trace.add(trial.hasEnded ? `the trial ended: ${trial.result?.state ?? String(trial.error)}` : 'the trial does without it');
    trial.platform.owner.kill();
    this.#platform = this.#machine.startProcess('main');
    if (trial.error !== undefined) damaged.repair(this.#platform.files);
    return bad;
  }

  async #wakeZombies(): Promise<void> {
    if (this.#zombies.length === 0) return;
    await this.#until(() => false, 5 + this.#random.below(60));
    for (const zombie of this.#zombies) {
      this.#trace.add(`${zombie.name} wakes up`);
      zombie.platform.owner.wake();
    }
  }

  /** Woken up, a process that was replaced stops with a code. */
  async #zombiesStopped(): Promise<string | undefined> {
    const zombies = this.#zombies.filter(({ isDead, platform }) => !isDead && !platform.owner.suspended);
    if (zombies.length === 0) return undefined;
    await this.#until(() => zombies.every(({ hasEnded }) => hasEnded), NOTICE_MS);
    for (const zombie of zombies) {
      if (!zombie.hasEnded) return `${zombie.name} was replaced, woke up and goes on`;
      if (zombie.badEnd !== undefined) return zombie.badEnd;
      this.#trace.add(`${zombie.name}, the zombie, ended: ${zombie.result?.state ?? String(zombie.error)}`);
      zombie.platform.owner.kill();
    }
    this.#zombies = this.#zombies.filter((zombie) => !zombies.includes(zombie));
    return undefined;
  }

  /** Looks at the output as somebody who reads it meanwhile. */
  #look(): void {
    this.#expected.forEach((_, sink) => {
      const looks = this.#looks.get(sink) ?? [];
      this.#looks.set(sink, looks);
      looks.push(this.#outputs.rows(sink).map((row) => JSON.stringify(row)));
    });
  }

  /** Lets the machine run until the condition holds or so much time has passed. */
  async #until(isReached: () => boolean, limitMs: number): Promise<void> {
    const { time } = this.#machine;
    const target = time.elapsedMs + limitMs;
    for (let count = 0; count < MAX_EVENTS; count++) {
      await this.#machine.drain();
      if (isReached()) return;
      try {
        if (time.runNext(target)) continue;
      } catch (error) {
        // What a killed process was just doing has come up to here.
        if (ProcessEnded.is(error)) continue;
        throw error;
      }
      time.moveTo(target);
      return;
    }
    this.#trace.add(`${MAX_EVENTS} events have happened`);
  }
}

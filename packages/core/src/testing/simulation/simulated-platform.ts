import type { CurrentThread, Threads } from '../../base/platform-threads.js';
import type { Clock, Platform, Timers } from '../../base/platform.js';
import type { MachineInfo, ProcessInfo } from '../../base/platform-host.js';
import type { ReachPoint, ReachPoints } from '../../base/reach-points.js';
import type { Digests } from '../../base/platform-digests.js';
import type { Sockets } from '../../base/platform-sockets.js';
import { FileNotFound } from '../../base/platform-errors.js';
import { nodeTimers } from '../../platform/node/clock-and-timers.js';
import { nodeDigests } from '../../platform/node/digests.js';
import { CapturedStream } from './captured-stream.js';
import { SimulationEndless, SimulationFailed, SimulationStuck } from './errors.js';
import { MemoryFiles } from './memory-files.js';
import { ProcessEnded } from './errors.js';
import { filesOfProcess } from './process-files.js';
import type { CrashMode } from './memory-tree.js';
import { SeededRandom } from './seeded-random.js';
import { SimulatedNetwork, simulatedSockets } from './simulated-sockets.js';
import { SimulatedProcess } from './simulated-process.js';
import { simulatedThreads, type ThreadEntry } from './simulated-threads.js';
import { VirtualTime, type VirtualTimeOptions } from './virtual-time.js';

/** Events of one `run` without a limit of its own. */
const DEFAULT_MAX_EVENTS = 1_000_000;

/** How a simulated machine is set up. All but the seed may be left out. */
export interface SimulationOptions extends Partial<VirtualTimeOptions> {
  /** What the run is a function of. */
  readonly seed: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Name spaces for `importModule`, by URL. */
  readonly modules?: Readonly<Record<string, unknown>>;
}

/** The limits of one {@link SimulatedPlatform.run}. */
export interface RunLimits {
  /** Events, 1,000,000 unless given. */
  readonly maxEvents?: number;
}

/** What all processes of one simulated machine share. */
interface Machine {
  readonly options: SimulationOptions;
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly files: MemoryFiles;
  readonly network: SimulatedNetwork;
  readonly entries: Map<string, ThreadEntry>;
  readonly processes: SimulatedProcess[];
  nextPid: number;
  /** Who hears of the points that processes reach. */
  onReach: ReachListener | undefined;
}

/** Hears that a process has reached a point; it may kill the process, and then nothing after the point happens. */
export type ReachListener = (point: ReachPoint, process: SimulatedProcess) => void;

/**
 * A platform on which nothing happens by itself: time, chance, disk, threads and network are functions of one seed.
 * The first process of a machine is made by the constructor; `startProcess` gives others on the same machine.
 *
 * A test drives it: it starts what it tests, then lets events happen with `run` (until a condition holds) or `advance`
 * (for a span of virtual time). Before each event all microtasks are drained, so promises settle in zero time.
 */
export class SimulatedPlatform implements Platform {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: SeededRandom;
  readonly files: MemoryFiles;
  readonly threads: Threads;
  readonly sockets: Sockets;
  readonly streams: { readonly stdout: CapturedStream; readonly stderr: CapturedStream };
  readonly digests: Digests;
  readonly process: ProcessInfo;
  readonly machine: MachineInfo;
  readonly points: ReachPoints;
  /** The process this platform is seen from; `owner.kill()` ends it. */
  readonly owner: SimulatedProcess;
  /** The network of the machine, to break it. */
  readonly network: SimulatedNetwork;
  /** The time of the machine, to make clocks jump and processes sleep. */
  readonly time: VirtualTime;
  readonly #machine: Machine;

  constructor(options: SimulationOptions, shared?: { readonly machine: unknown; readonly owner: SimulatedProcess; readonly thread: CurrentThread | undefined }) {
    this.#machine = (shared?.machine as Machine | undefined) ?? createMachine(options);
    const { time, random, files, network, entries } = this.#machine;
    this.owner = shared?.owner ?? this.#startOwner('main');
    this.time = time;
    this.clock = time.clock();
    this.timers = time.timers(this.owner);
    this.random = random;
    this.files = filesOfProcess(files, this.owner);
    this.points = { reach: (point) => this.#reached(point) };
    this.network = network;
    this.threads = simulatedThreads(this, entries, shared?.thread);
    this.sockets = simulatedSockets(network, this.owner);
    this.streams = { stdout: new CapturedStream(this.timers), stderr: new CapturedStream(this.timers) };
    this.digests = nodeDigests;
    this.process = this.#processInfo();
    this.machine = this.#machineInfo();
  }

  importModule(url: string): Promise<unknown> {
    const modules = this.#machine.options.modules ?? {};
    if (Object.hasOwn(modules, url)) return Promise.resolve(modules[url]);
    return Promise.reject(FileNotFound.error({ what: `no module is registered at ${url}`, where: { file: url } }));
  }

  /** Another process on the same machine: same time, files and network, a life of its own. */
  startProcess(name: string): SimulatedPlatform {
    return new SimulatedPlatform(this.#machine.options, { machine: this.#machine, owner: this.#startOwner(name), thread: undefined });
  }

  /** What `threads.spawn` calls: a process that knows it is a thread. */
  startThread(name: string, current: (process: SimulatedProcess) => CurrentThread): SimulatedPlatform {
    const owner = this.#startOwner(name, this.owner);
    return new SimulatedPlatform(this.#machine.options, { machine: this.#machine, owner, thread: current(owner) });
  }

  /** Says who hears of the points that any process of the machine reaches; undefined: nobody. */
  onReach(listener: ReachListener | undefined): void {
    this.#machine.onReach = listener;
  }

  /** Says what a thread of this entry URL runs. */
  registerThreadEntry(url: string, entry: ThreadEntry): void {
    this.#machine.entries.set(url, entry);
  }

  /**
   * Lets events happen in their order until the condition holds (looked at before each event); without a condition,
   * until none is left. Throws `SimulationStuck` when none is left before it holds, `SimulationEndless` at the limit,
   * and what a callback throws.
   */
  async run(until?: () => boolean, limits: RunLimits = {}): Promise<void> {
    const maxEvents = limits.maxEvents ?? DEFAULT_MAX_EVENTS;
    for (let count = 0; count < maxEvents; count++) {
      await this.drain();
      if (until?.() === true) return;
      if (this.time.runNext()) continue;
      if (until === undefined) return;
      throw SimulationStuck.error({ what: `nothing is left to happen and the condition does not hold (${this.describe()})` });
    }
    throw SimulationEndless.error({ what: `${maxEvents} events happened without an end (${this.describe()})` });
  }

  /** Lets everything happen that is due within so many milliseconds, then moves time there. */
  async advance(byMs: number, limits: RunLimits = {}): Promise<void> {
    const targetMs = this.time.elapsedMs + byMs;
    const maxEvents = limits.maxEvents ?? DEFAULT_MAX_EVENTS;
    for (let count = 0; ; count++) {
      await this.drain();
      if (!this.time.runNext(targetMs)) break;
      if (count >= maxEvents) throw SimulationEndless.error({ what: `${maxEvents} events happened without an end (${this.describe()})` });
    }
    this.time.moveTo(targetMs);
  }

  /** The same as `advance` within one call, for tests without promises: microtasks run only after it returns. */
  advanceNow(byMs: number, limits: RunLimits = {}): void {
    const targetMs = this.time.elapsedMs + byMs;
    const maxEvents = limits.maxEvents ?? DEFAULT_MAX_EVENTS;
    for (let count = 0; this.time.runNext(targetMs); count++) {
      if (count >= maxEvents) throw SimulationEndless.error({ what: `${maxEvents} events happened without an end (${this.describe()})` });
    }
    this.time.moveTo(targetMs);
  }

  /** Lets everything happen that needs no time: microtasks, immediates, messages without latency. */
  settle(): Promise<void> {
    return this.advance(0);
  }

  /** Waits until all microtasks ran; no event happens and time stands still. */
  drain(): Promise<void> {
    // A turn of the real loop comes after the last microtask, however many each of them adds.
    return new Promise((resolve) => nodeTimers.immediate(resolve));
  }

  /** The power goes: every process of the machine is killed, and of the disk remains what the mode says. */
  crash(mode: CrashMode = 'tear'): SimulatedPlatform {
    for (const process of this.#machine.processes) process.kill();
    this.#machine.files.crash(mode);
    return this.startProcess('main');
  }

  /** One line that says how to repeat the run. */
  describe(): string {
    return `simulation seed ${this.#machine.options.seed}, at ${this.time.elapsedMs} ms`;
  }

  #reached(point: ReachPoint): void {
    this.#machine.onReach?.(point, this.owner);
    // What stands behind the point in the same call must not happen any more.
    if (this.owner.killed) throw ProcessEnded.error({ what: `the simulated process was killed at the point "${point}"` });
  }

  #startOwner(name: string, parent?: SimulatedProcess): SimulatedProcess {
    const process = new SimulatedProcess(this.#machine.nextPid++, name, this.#machine.time, parent);
    this.#machine.processes.push(process);
    return process;
  }

  #processInfo(): ProcessInfo {
    const environment = this.#machine.options.environment ?? {};
    return {
      pid: this.owner.pid,
      userId: 1000,
      runtimeVersion: 'v20.19.0',
      operatingSystem: 'simulation',
      architecture: 'x64',
      cwd: () => '/',
      environment: (name) => (Object.hasOwn(environment, name) ? environment[name] : undefined),
      environmentNames: () => Object.keys(environment).sort(),
      memoryUsage: () => ({ residentBytes: 64_000_000, heapUsedBytes: 16_000_000, heapTotalBytes: 32_000_000, externalBytes: 1_000_000 }),
      cpuUsage: () => ({ userMs: this.time.elapsedMs / 2, systemMs: this.time.elapsedMs / 10 }),
      isAlive: (pid) => this.#machine.processes.some((process) => process.pid === pid && !process.killed),
    };
  }

  #machineInfo(): MachineInfo {
    const elapsed = (): number => this.time.elapsedMs;
    return {
      hostName: () => 'simulation',
      uptimeSeconds: () => 1000 + elapsed() / 1000,
      cores: () => Array.from({ length: 2 }, () => ({ userMs: elapsed() / 4, niceMs: 0, systemMs: elapsed() / 8, idleMs: elapsed() / 2, interruptMs: elapsed() / 8 })),
      loadAverage: () => [0.5, 0.4, 0.3],
      totalMemoryBytes: () => 8e9,
      freeMemoryBytes: () => 4e9,
      diskSpace: (path) => {
        this.files.stat(path);
        return { totalBytes: 1e12, freeBytes: 6e11, availableBytes: 5e11 };
      },
    };
  }
}

/** Runs a body once per seed; a failure is reported with the seed that repeats it. */
export async function simulate(seeds: Iterable<number>, body: (platform: SimulatedPlatform) => Promise<void> | void, options: Omit<SimulationOptions, 'seed'> = {}): Promise<void> {
  for (const seed of seeds) {
    const platform = new SimulatedPlatform({ ...options, seed });
    try {
      await body(platform);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw SimulationFailed.error({ what: `${platform.describe()}: ${message}`, cause: error });
    }
  }
}

function createMachine(options: SimulationOptions): Machine {
  const random = new SeededRandom(options.seed);
  const time = new VirtualTime(
    {
      startMs: options.startMs ?? 1_700_000_000_000,
      clockTickMs: options.clockTickMs ?? 0,
      maxLatencyMs: options.maxLatencyMs ?? 0,
      shuffle: options.shuffle ?? false,
    },
    random,
  );
  const files = new MemoryFiles(time, random, { killed: false });
  return { options, time, random, files, network: new SimulatedNetwork(), entries: new Map(), processes: [], nextPid: 100, onReach: undefined };
}

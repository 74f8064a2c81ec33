import type { Platform, TimerHandle } from '../../base/platform.js';
import type { Thread, ThreadExit, ThreadLimits, Transfer } from '../../base/platform-threads.js';
import type { ParallelismSettings } from '../../graph/rescaled-graph.js';
import { Heartbeat, HEARTBEAT_BYTES } from '../task-manager/heartbeat.js';
import type { OutputForm } from '../task-manager/output-buffer.js';
import { OUTPUT_FLOW_BYTES, OutputFlow } from '../task-manager/output-flow.js';
import type { TaskManagerStart } from '../task-manager/task-manager-thread.js';
import type { CommandOnWire, EventOnWire } from '../task-manager/wire.js';

/** A spare that died is replaced after so long: one that cannot live is not started again and again. */
const REPLACED_AFTER_MS = 5000;

/** How worker threads are started. */
export interface WorkerOptions {
  readonly platform: Platform;
  /** The most worker threads that work at a time. */
  readonly workers: number;
  /** URL of the module that a worker runs, which calls `runTaskManagerThread`. */
  readonly entryUrl: string;
  /** How the job is loaded there; must be able to travel. */
  readonly job: unknown;

  readonly outputForm: OutputForm;
  readonly limits: ThreadLimits;
  /** Whether a worker waits when its output is not read; false where all threads are simulated in one. */
  readonly boundOutput: boolean;
}

/** Whoever a worker works for at the moment. */
export interface WorkerUser {
  receive(message: EventOnWire): void;
  exited(exit: ThreadExit): void;
}

/** One worker thread, which loads the job when it starts and then works for one attempt after the other. */
export class Worker {
  readonly heartbeat: Heartbeat;
  readonly outputFlow: OutputFlow | undefined;
  readonly #thread: Thread;
  #user: WorkerUser | undefined;

  constructor(options: WorkerOptions, name: string, ended: (worker: Worker) => void) {
    const heartbeat = new SharedArrayBuffer(HEARTBEAT_BYTES);
    this.heartbeat = new Heartbeat(heartbeat);
    const outputFlow = options.boundOutput ? new SharedArrayBuffer(OUTPUT_FLOW_BYTES) : undefined;
    this.outputFlow = outputFlow === undefined ? undefined : new OutputFlow(outputFlow);
    const data: TaskManagerStart = { job: options.job, heartbeat, outputForm: options.outputForm, outputFlow };
    this.#user = undefined;
    this.#thread = options.platform.threads.spawn(options.entryUrl, { name, data, limits: options.limits });
    this.#thread.port.onMessage((message) => this.#user?.receive(message as EventOnWire));
    this.#thread.onExit((exit) => {
      ended(this);
      this.#user?.exited(exit);
    });
  }

  /** From now on it works for this one: it has its task manager built anew, with this parallelism. */
  begin(user: WorkerUser, parallelism: ParallelismSettings): void {
    this.#user = user;
    this.post({ kind: 'begin', parallelism });
  }

  post(message: CommandOnWire, transfer?: Transfer): void {
    this.#thread.port.postMessage(message, transfer);
  }

  /** It works for nobody, until it begins again. */
  release(): void {
    this.#user = undefined;
  }

  terminate(): Promise<void> {
    return this.#thread.terminate();
  }
}

/**
 * The worker threads of a job that are not at work. To load the engine and the job takes a thread longer than anything else
 * before its first record, so those that an attempt has left in good order are kept for the next, and one more is kept
 * ready for one that dies.
 */
export class WorkerPool {
  readonly #options: WorkerOptions;
  readonly #idle: Set<Worker>;
  /** How many are to wait. */
  #wanted: number;
  #replacing: TimerHandle | undefined;
  #started: number;
  #isClosed: boolean;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#idle = new Set();
    this.#wanted = 0;
    this.#replacing = undefined;
    this.#started = 0;
    this.#isClosed = false;
  }

  /** One that waits, or a new one. */
  take(): Worker {
    for (const worker of this.#idle) {
      this.#idle.delete(worker);
      return worker;
    }
    return this.#start();
  }

  /** Its work is done and nothing of it is left. */
  giveBack(worker: Worker): Promise<void> {
    worker.release();
    if (this.#isClosed) return worker.terminate();
    this.#idle.add(worker);
    return Promise.resolve();
  }

  /** Keeps so many waiting: starts or ends some, and replaces those that die. */
  async keep(count: number): Promise<void> {
    if (this.#isClosed) return;
    this.#wanted = count;
    while (this.#idle.size < count) this.#idle.add(this.#start());
    await Promise.all([...this.#idle].slice(count).map((worker) => this.#end(worker)));
  }

  /** Ends all that wait, and whoever is given back later. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#replacing?.cancel();
    await Promise.all([...this.#idle].map((worker) => this.#end(worker)));
  }

  #start(): Worker {
    this.#started++;
    return new Worker(this.#options, `millrace-worker-${this.#started}`, (worker) => this.#lost(worker));
  }

  /** A worker is gone; where it waited for work, another is to. */
  #lost(worker: Worker): void {
    if (!this.#idle.delete(worker) || this.#isClosed || this.#replacing !== undefined) return;
    this.#replacing = this.#options.platform.timers.setTimer(REPLACED_AFTER_MS, () => {
      this.#replacing = undefined;
      while (this.#idle.size < this.#wanted) this.#idle.add(this.#start());
    }, { keepsAlive: false });
  }

  #end(worker: Worker): Promise<void> {
    this.#idle.delete(worker);
    return worker.terminate();
  }
}

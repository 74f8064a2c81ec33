import { assert } from '../../base/assert.js';
import { MetricRegistry } from '../../base/metrics.js';
import type { Platform } from '../../base/platform.js';
import type { ThreadPort } from '../../base/platform-threads.js';
import { withParallelism, type ParallelismSettings } from '../../graph/rescaled-graph.js';
import type { JobProgram } from '../../operators/job-program.js';
import { ThreadExchange } from '../channel/thread-exchange.js';
import { errorToMessage } from './error-message.js';
import { ForwardingLogger } from './forwarding-logger.js';
import { Heartbeat } from './heartbeat.js';
import type { FromTaskManager } from './messages.js';
import { OutputBuffer, type OutputForm } from './output-buffer.js';
import { OutputFlow } from './output-flow.js';
import { EMPTY_REPORT } from './report.js';
import { TaskManager } from './task-manager.js';
import { packEvent, unpackCommand, type CommandOnWire, type EventOnWire } from './wire.js';

/** What a thread that runs a task manager is started with. */
export interface TaskManagerStart {
  /** How the job is loaded: given to the loader as it is. */
  readonly job: unknown;
  readonly heartbeat: SharedArrayBuffer;
  readonly outputForm: OutputForm;
  /** Shared, where output is to be held back when it is not read. */
  readonly outputFlow: SharedArrayBuffer | undefined;
}

/** Between two reports and signs of life. */
const REPORT_MS = 250;

/**
 * The life of a thread that hosts task managers, one after the other: loads the job, and when an attempt begins says which
 * graph it has built and carries out what the JobManager says. Resolves when the job was loaded for the first time, well or
 * not; the thread lives until its parent ends it.
 */
export async function runTaskManagerThread(platform: Platform, load: (job: unknown) => Promise<JobProgram>): Promise<void> {
  const current = platform.threads.currentThread;
  assert(current !== undefined, 'a task manager thread is started by a JobManager');
  const start = current.data as TaskManagerStart;
  const first = load(start.job);
  new TaskManagerThread(platform, start, current.parent, first, () => load(start.job)).listen();
  // Whoever begins with it meets its error.
  await first.catch(() => {});
}

/** The program with the parallelism that its run has by now. */
function rescaled(program: JobProgram, parallelism: ParallelismSettings): JobProgram {
  return { ...program, streamGraph: withParallelism(program.streamGraph, parallelism) };
}

class TaskManagerThread {
  readonly #platform: Platform;
  readonly #parent: ThreadPort;
  readonly #heartbeat: Heartbeat;
  readonly #output: OutputBuffer;
  readonly #exchanges: ThreadExchange[];
  /** Builds the job once more: functions of one attempt have nothing in common with those of another. */
  readonly #load: () => Promise<JobProgram>;
  /** The job as built ahead of time, until an attempt has taken it. */
  #loaded: Promise<JobProgram> | undefined;
  #manager: TaskManager | undefined;
  /** Counts the attempts that it has worked for: what an earlier one still says is ignored. */
  #attempts: number;
  #isClosed: boolean;

  constructor(platform: Platform, start: TaskManagerStart, parent: ThreadPort, first: Promise<JobProgram>, load: () => Promise<JobProgram>) {
    this.#platform = platform;
    this.#parent = parent;
    this.#heartbeat = new Heartbeat(start.heartbeat);
    const flow = start.outputFlow === undefined ? undefined : new OutputFlow(start.outputFlow);
    const sendOutput = (rows: Uint8Array<ArrayBuffer>): void => {
      const bytes = rows.length;
      this.#post({ kind: 'output', rows }, [rows.buffer]);
      flow?.sent(bytes, this.#heartbeat);
    };
    this.#output = new OutputBuffer(start.outputForm, sendOutput, (then) => platform.timers.immediate(then));
    this.#exchanges = [];
    this.#load = load;
    this.#loaded = first;
    this.#manager = undefined;
    this.#attempts = 0;
    this.#isClosed = true;
  }

  /** Takes what its parent says from now on, and shows that it lives. */
  listen(): void {
    this.#parent.onMessage((message, ports) => this.#receive(message as CommandOnWire, ports));
    this.#beat();
  }

  async #begin(parallelism: ParallelismSettings): Promise<void> {
    const attempt = ++this.#attempts;
    const loading = this.#loaded ?? this.#load();
    this.#loaded = undefined;
    this.#manager = undefined;
    this.#isClosed = false;
    const send = (message: FromTaskManager): void => {
      if (attempt === this.#attempts) this.#send(message);
    };
    try {
      this.#host(rescaled(await loading, parallelism), attempt, send);
    } catch (error) {
      send({ kind: 'failed', error });
    }
  }

  /** The job is built. */
  #host(program: JobProgram, attempt: number, send: (message: FromTaskManager) => void): void {
    if (this.#isClosed || attempt !== this.#attempts) return;
    this.#manager = new TaskManager({
      platform: this.#platform,
      logger: new ForwardingLogger((level, message, fields) => send({ kind: 'log', level, message, fields })),
      metrics: new MetricRegistry(),
      program,
      heartbeat: this.#heartbeat,
      send,
    });
    this.#manager.announce();
  }

  #send(message: FromTaskManager): void {
    if (message.kind === 'print') {
      this.#output.print(message.text, message.row);
      return;
    }
    if (message.kind === 'row') {
      this.#output.row(message.channel, message.row);
      return;
    }
    // What was shown before must not come after the end.
    this.#output.flush();
    const { message: packed, transfer } = packEvent(message);
    this.#post(packed, transfer.buffers);
    if (message.kind === 'closed') this.#close();
  }

  #receive(message: CommandOnWire, ports: readonly ThreadPort[]): void {
    if (message.kind === 'begin') {
      void this.#begin(message.parallelism);
      return;
    }
    const manager = this.#manager;
    if (manager === undefined) {
      // Told to close before the job was loaded: there is nothing to close, but somebody waits for the word.
      if (message.kind === 'close') this.#send({ kind: 'closed', errors: [], report: EMPTY_REPORT });
      return;
    }
    if (message.kind !== 'deploy') {
      manager.receive(unpackCommand(message));
      return;
    }
    const peers = new Map(message.peers.map((peer, index) => [peer, new ThreadExchange(ports[index] as ThreadPort)]));
    this.#exchanges.push(...peers.values());
    for (const exchange of peers.values()) exchange.open();
    manager.deploy({ ...message.deploy, restored: message.restored }, peers);
  }

  #post(message: EventOnWire, buffers: readonly ArrayBuffer[] = []): void {
    if (!this.#isClosed) this.#parent.postMessage(message, { buffers });
  }

  /** A sign of life, and what was done since the last. */
  #beat(): void {
    this.#heartbeat.beat();
    if (this.#manager !== undefined) this.#post({ kind: 'report', report: this.#manager.report() });
    this.#platform.timers.setTimer(REPORT_MS, () => this.#beat(), { keepsAlive: false });
  }

  #close(): void {
    this.#isClosed = true;
    for (const exchange of this.#exchanges.splice(0)) exchange.close();
    // The port stays open until the coordinator ends the thread or has it begin again: an exit may be told before the last message, and with
    // that message the last report would be lost.
  }
}

/** Tells the parent of a thread what nobody has caught, before the thread ends. */
export function reportUncaught(platform: Platform, error: unknown, unhandledRejection: boolean): void {
  const message: EventOnWire = { kind: 'uncaught', error: errorToMessage(error), unhandledRejection };
  platform.threads.currentThread?.parent.postMessage(message);
}

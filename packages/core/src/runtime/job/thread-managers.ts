import { MillraceError, type ErrorLocation } from '../../base/errors.js';
import type { Platform } from '../../base/platform.js';
import type { ThreadExit, ThreadPort } from '../../base/platform-threads.js';
import type { ExecutionGraph } from '../../graph/execution-graph.js';
import { WorkerEnded } from '../errors.js';
import { errorFromMessage } from '../task-manager/error-message.js';
import type { Heartbeat } from '../task-manager/heartbeat.js';
import type { DeployMessage, ToTaskManager } from '../task-manager/messages.js';
import { readOutput } from '../task-manager/output-buffer.js';
import { EMPTY_REPORT, type TaskManagerReport } from '../task-manager/report.js';
import { packCommand, packDeploy, unpackEvent, type EventOnWire } from '../task-manager/wire.js';
import { widestParallelism } from './placement.js';
import type { AttemptPlan, TaskManagerLink, TaskManagerListener, TaskManagers } from './task-manager-link.js';
import { WorkerPool, type Worker, type WorkerOptions } from './worker-pool.js';

/** Task managers in worker threads, each linked to every other. No more than a graph has use for. */
export function threadManagers(options: WorkerOptions): TaskManagers {
  const pool = new WorkerPool(options);
  const countFor = (graph: ExecutionGraph): number => Math.max(1, Math.min(widestParallelism(graph), options.workers));
  return {
    codedChannels: false,
    startSlowly: true,
    countFor,
    start: (plan, listener, only) => {
      const managers = only ?? Array.from({ length: countFor(plan.graph) }, (_, manager) => manager);
      return startWorkers(managers, plan, options.platform, pool, listener);
    },
    keepReady: (count) => pool.keep(count),
    close: () => pool.close(),
  };
}

function startWorkers(managers: readonly number[], plan: AttemptPlan, platform: Platform, pool: WorkerPool, listener: TaskManagerListener): readonly TaskManagerLink[] {
  const ports = new Map(managers.map((manager) => [manager, new Map<number, ThreadPort>()]));
  for (const [one, here] of ports) {
    for (const [other, there] of ports) {
      if (other <= one) continue;
      const [portHere, portThere] = platform.threads.createChannel();
      here.set(other, portHere);
      there.set(one, portThere);
    }
  }
  return [...ports].map(([manager, peers]) => new WorkerLink(manager, peers, plan, pool, listener));
}

/** The connection of one attempt to a worker thread. */
class WorkerLink implements TaskManagerLink {
  readonly name: string;
  readonly #manager: number;
  readonly #peers: ReadonlyMap<number, ThreadPort>;
  readonly #graph: ExecutionGraph;
  readonly #listener: TaskManagerListener;
  readonly #pool: WorkerPool;
  readonly #worker: Worker;
  #report: TaskManagerReport;
  #isClosed: boolean;
  /** Whether the next attempt may have it: nothing went wrong in it, not even while it closed. */
  #isSound: boolean;
  #ended: Promise<void> | undefined;
  #uncaught: { readonly error: Error; readonly unhandledRejection: boolean } | undefined;

  constructor(manager: number, peers: ReadonlyMap<number, ThreadPort>, plan: AttemptPlan, pool: WorkerPool, listener: TaskManagerListener) {
    this.name = `worker ${manager + 1}`;
    this.#manager = manager;
    this.#peers = peers;
    this.#graph = plan.graph;
    this.#listener = listener;
    this.#pool = pool;
    this.#report = EMPTY_REPORT;
    this.#isClosed = false;
    this.#isSound = true;
    this.#ended = undefined;
    this.#uncaught = undefined;
    this.#worker = pool.take();
    this.#worker.begin({ receive: (message) => this.#receive(message), exited: (exit) => this.#exited(exit) }, plan.parallelism);
  }

  send(message: ToTaskManager): void {
    if (message.kind === 'deploy') this.#deploy(message);
    else this.#worker.post(packCommand(message));
  }

  report(): TaskManagerReport {
    return this.#report;
  }

  pulse(): ReturnType<Heartbeat['read']> {
    return this.#worker.heartbeat.read();
  }

  terminate(): Promise<void> {
    this.#ended ??= this.#isClosed && this.#isSound ? this.#pool.giveBack(this.#worker) : this.#worker.terminate();
    return this.#ended;
  }

  #deploy(message: DeployMessage): void {
    const needed = this.#neededKeyGroups(message.placement);
    const { message: packed, transfer } = packDeploy(message, [...this.#peers.keys()], (keyGroup, uid) => needed.get(uid)?.(keyGroup) ?? false);
    this.#worker.post(packed, { ...transfer, ports: [...this.#peers.values()] });
  }

  /** By operator: which key groups its subtasks in this worker have. */
  #neededKeyGroups(placement: readonly number[]): ReadonlyMap<string, (keyGroup: number) => boolean> {
    const here = this.#graph.subtasks.filter((subtask) => placement[subtask.id] === this.#manager);
    const needed = new Map<string, (keyGroup: number) => boolean>();
    for (const vertex of this.#graph.jobGraph.vertices) {
      const ranges = here.filter((subtask) => subtask.vertex.id === vertex.id).map((subtask) => subtask.keyGroups);
      for (const { uid } of vertex.operators) needed.set(uid, (keyGroup) => ranges.some(({ first, last }) => keyGroup >= first && keyGroup <= last));
    }
    return needed;
  }

  #receive(message: EventOnWire): void {
    switch (message.kind) {
      case 'output':
        readOutput(message.rows, (output) => this.#listener.message(this.#manager, output));
        this.#worker.outputFlow?.taken(message.rows.length);
        return;
      case 'report':
        this.#report = message.report;
        return;
      case 'uncaught':
        this.#uncaught = { error: errorFromMessage(message.error), unhandledRejection: message.unhandledRejection };
        return;
      case 'failed':
        this.#isSound = false;
        break;
      case 'closed':
        this.#isClosed = true;
        if (message.errors.length > 0) this.#isSound = false;
        this.#report = message.report;
        break;
    }
    this.#listener.message(this.#manager, unpackEvent(message));
  }

  #exited(exit: ThreadExit): void {
    this.#isSound = false;
    if (!this.#isClosed) this.#listener.lost(this.#manager, this.#reasonOf(exit));
  }

  /** What it was at when it ended, if that was a function of the job. */
  #place(): ErrorLocation {
    const { job } = this.#graph.jobGraph;
    const { subtask: id } = this.#worker.heartbeat.read();
    const subtask = id === undefined ? undefined : this.#graph.subtasks[id];
    return subtask === undefined ? { job } : { job, operator: subtask.vertex.name, subtask: subtask.index };
  }

  #reasonOf(exit: ThreadExit): Error {
    const where = this.#place();
    const cause = this.#uncaught?.error ?? exit.error;
    if (cause === undefined || cause === null) {
      return WorkerEnded.error({ what: `${this.name} has ended with code ${exit.code}: code of the job called process.exit`, where });
    }
    const reason = cause instanceof MillraceError ? cause.what : cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    const how = this.#uncaught === undefined ? '' : this.#uncaught.unhandledRejection ? 'nobody handled a rejected promise: ' : 'nobody caught an error: ';
    const what = `${this.name} has ended, since ${how}${reason}`;
    return WorkerEnded.error({ what, where, cause });
  }
}

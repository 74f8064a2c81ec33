import { assert } from '../../base/assert.js';
import { MillraceError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { MetricRegistry } from '../../base/metrics.js';
import { prepareToGiveMemory } from '../../base/own-memory.js';
import type { Platform } from '../../base/platform.js';
import { buildExecutionGraph, type ExecutionGraph, type ExecutionSubtask } from '../../graph/execution-graph.js';
import { graphFingerprint } from '../../graph/fingerprint.js';
import { buildJobGraph } from '../../graph/job-graph.js';
import type { JobProgram } from '../../operators/job-program.js';
import { prepareTables } from '../../state/backends/heap/prepare-tables.js';
import type { SubtaskEnvironment } from '../../task/ports.js';
import { buildSubtask, type BuiltSubtask } from '../../task/subtask-builder.js';
import type { ThreadExchange } from '../channel/thread-exchange.js';
import { OperatorOpenFailed } from '../errors.js';
import type { Heartbeat } from './heartbeat.js';
import type { DeployMessage, FromTaskManager, ToTaskManager } from './messages.js';
import { reportOf, type TaskManagerReport } from './report.js';
import { stateOf } from './state-of.js';
import { layChannels, type SubtaskChannels } from './subtask-channels.js';
import { TaskLoop } from './task-loop.js';

/** Where a task manager works. */
export interface TaskManagerContext {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
  readonly program: JobProgram;
  readonly heartbeat: Heartbeat;
  /** Tells the JobManager. Never calls back from inside the call but by {@link TaskManager.receive}. */
  send(message: FromTaskManager): void;
}

/**
 * Hosts the subtasks that were given to one thread: opens them, drives their loop, carries out what the JobManager says,
 * and tells it what they say. It decides nothing: a failure stops its own loop, and the JobManager ends the others.
 */
export class TaskManager {
  readonly #context: TaskManagerContext;
  readonly #abort: AbortController;
  readonly #loop: TaskLoop;
  readonly #tasks: Map<number, BuiltSubtask>;
  #deployment: DeployMessage | undefined;
  #opening: Promise<void>;
  #closed: boolean;
  #probe: number;

  constructor(context: TaskManagerContext) {
    this.#context = context;
    this.#abort = new AbortController();
    this.#loop = new TaskLoop(
      context.platform,
      { failed: (error) => context.send({ kind: 'failed', error }), allEnded: () => context.send({ kind: 'settled', probe: this.#probe }) },
      context.heartbeat,
    );
    this.#tasks = new Map();
    this.#deployment = undefined;
    this.#opening = Promise.resolve();
    this.#closed = false;
    this.#probe = 0;
  }

  /** Says which graph it has; the JobManager answers with `deploy` when it is its own. */
  announce(): void {
    this.#context.send({ kind: 'ready', fingerprint: graphFingerprint(this.#context.program.streamGraph) });
  }

  /** Takes its part of the job; `peers` leads to the other task managers, by their number. */
  deploy(message: DeployMessage, peers: ReadonlyMap<number, ThreadExchange>): void {
    assert(this.#deployment === undefined, 'a task manager is deployed once');
    if (message.settings.checkpoints || peers.size > 0) prepareToGiveMemory();
    if (message.settings.checkpoints) prepareTables();
    this.#deployment = message;
    this.#opening = this.#open(message, peers);
  }

  /** Carries out what the JobManager says after `deploy`. */
  receive(message: Exclude<ToTaskManager, DeployMessage>): void {
    switch (message.kind) {
      case 'start':
        this.#loop.start();
        return;
      case 'addSplits':
        this.#tellSource(message.subtask, (source) => source.head.addSplits(message.splits));
        return;
      case 'restoreSplits':
        this.#tellSource(message.subtask, (source) => source.head.restoreSplits(message.splits));
        return;
      case 'noMoreSplits':
        this.#tellSource(message.subtask, (source) => source.head.noMoreSplits());
        return;
      case 'alignTo':
        this.#tasks.get(message.subtask)?.source?.head.alignTo(message.watermark);
        this.#loop.wake(message.subtask);
        return;
      case 'barrier':
        for (const task of this.#tasks.values()) if (task.source !== undefined) task.subtask.triggerCheckpoint(message.barrier);
        return;
      case 'checkpointComplete':
        for (const task of this.#tasks.values()) task.subtask.checkpointComplete(message.checkpointId);
        return;
      case 'checkpointAborted':
        for (const task of this.#tasks.values()) task.subtask.abortCheckpoint(message.checkpointId);
        return;
      case 'stopSources':
        for (const [id, task] of this.#tasks) {
          task.source?.input.stop(message.drain);
          this.#loop.wake(id);
        }
        return;
      case 'settle':
        this.#probe = message.probe;
        this.#loop.look();
        return;
      case 'close':
        void this.#close(message.reason);
    }
  }

  /** What its subtasks have done and are doing. */
  report(): TaskManagerReport {
    return reportOf([...this.#tasks.values()], this.#context.metrics);
  }

  async #open(message: DeployMessage, peers: ReadonlyMap<number, ThreadExchange>): Promise<void> {
    const { program } = this.#context;
    try {
      const graph = buildExecutionGraph(buildJobGraph(program.streamGraph, { check: message.settings.check }));
      const channels = layChannels(graph, program, { platform: this.#context.platform, deployment: message, peers });
      for (const execution of graph.subtasks) if (message.placement[execution.id] === message.manager) await this.#openSubtask(execution, graph, channels, message);
      if (!this.#closed) this.#context.send({ kind: 'deployed' });
    } catch (error) {
      if (!this.#closed) this.#context.send({ kind: 'failed', error });
    }
  }

  async #openSubtask(execution: ExecutionSubtask, graph: ExecutionGraph, channels: SubtaskChannels, message: DeployMessage): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const { job } = graph.jobGraph;
    const plan = { execution, program: this.#context.program, incoming: channels.incoming(execution), outgoing: channels.outgoing(execution), restored: message.restored };
    try {
      const task = await buildSubtask(plan, this.#environment(execution, job, message));
      this.#tasks.set(execution.id, task);
      this.#loop.add(execution.id, task.subtask);
      if (message.restored !== undefined) this.#context.platform.points.reach('during-restore');
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw OperatorOpenFailed.error({ what: `${execution.vertex.name}: ${reason}`, where: { job, operator: execution.vertex.name, subtask: execution.index }, cause: error });
    }
  }

  #environment(execution: ExecutionSubtask, job: string, message: DeployMessage): SubtaskEnvironment {
    const { platform, logger, metrics, send } = this.#context;
    const { settings } = message;
    const subtask = execution.id;
    return {
      platform,
      logger,
      metrics,
      signal: this.#abort.signal,
      job,
      attempt: message.attempt,
      epoch: message.epoch,
      settings,
      coordinator: {
        requestSplit: (finished) => send({ kind: 'splitRequested', subtask, finished }),
        acknowledge: (checkpointId, snapshot) => send({ kind: 'acknowledged', subtask, checkpointId, snapshot }),
        reportWatermark: (_group, watermark) => send({ kind: 'watermark', subtask, watermark }),
      },
      createState: (request) => stateOf(request, { platform, settings }),
      print: (text, row) => send({ kind: 'print', text, row }),
      emitRow: (channel, row) => send({ kind: 'row', channel, row }),
      wake: () => this.#loop.wake(subtask),
    };
  }

  #tellSource(id: number, action: (source: NonNullable<BuiltSubtask['source']>) => void): void {
    const task = this.#tasks.get(id);
    const source = task?.source;
    if (task === undefined || source === undefined) return;
    task.subtask.inOrderWithBarriers(() => {
      action(source);
      this.#loop.wake(id);
    });
  }

  async #close(reason: unknown): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.stop();
    this.#abort.abort(reason);
    await this.#opening;
    // Side by side, so that one that hangs does not use up the time of the others.
    const errors = await Promise.all([...this.#tasks.values()].map((task) => task.subtask.close()));
    this.#context.send({ kind: 'closed', errors: errors.flat(), report: this.report() });
  }
}

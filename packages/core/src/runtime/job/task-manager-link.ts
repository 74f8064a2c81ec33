import type { ExecutionGraph } from '../../graph/execution-graph.js';
import type { Pulse } from '../task-manager/heartbeat.js';
import type { FromTaskManager, ToTaskManager } from '../task-manager/messages.js';
import type { TaskManagerReport } from '../task-manager/report.js';
import type { JobPlan } from './job-plan.js';

/** The JobManager's end of its connection to one task manager. */
export interface TaskManagerLink {
  /** Name for people, e.g. `worker 2`. */
  readonly name: string;
  send(message: ToTaskManager): void;
  /** The newest report that is known. */
  report(): TaskManagerReport;
  /** Its sign of life; undefined where the JobManager runs in the same thread, and could not look. */
  pulse(): Pulse | undefined;
  /** Ends it wherever it is. Settles when nothing of it runs any more. A thread that has closed in good order may be kept for another attempt. */
  terminate(): Promise<void>;
}

/** Whoever hears what task managers say. */
export interface TaskManagerListener {
  message(manager: number, message: FromTaskManager): void;
  /** The task manager is gone without having been told to, with a coded error that says how. */
  lost(manager: number, error: Error): void;
}

/** What the task managers of one attempt are to run. */
export interface AttemptPlan extends JobPlan {
  /** 0 at first, one more after each restart. */
  readonly attempt: number;
}

/** How the task managers of a job come to be: in this thread, or one in each of several. */
export interface TaskManagers {
  /** Whether channels within a thread go through the codec too. */
  readonly codedChannels: boolean;
  /** Whether a set takes its time to start, so that it is worth starting one while the set before it still closes. */
  readonly startSlowly: boolean;
  /** How many a graph is spread over. */
  countFor(graph: ExecutionGraph): number;
  /**
   * Starts a fresh set for one attempt, or only those with the given numbers, with which the others exchange nothing. Each
   * tells `ready` when it has built the job.
   */
  start(plan: AttemptPlan, listener: TaskManagerListener, only?: readonly number[]): readonly TaskManagerLink[];
  /** Keeps so many ready for a next attempt, which would have to wait for them, and ends others that have no work. */
  keepReady(count: number): Promise<void>;
  /** The job is over: ends what was kept ready. */
  close(): Promise<void>;
}

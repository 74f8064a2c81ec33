import type { Pulse } from '../task-manager/heartbeat.js';
import type { FromTaskManager, ToTaskManager } from '../task-manager/messages.js';
import type { TaskManagerReport } from '../task-manager/report.js';

/** The JobManager's end of its connection to one task manager. */
export interface TaskManagerLink {
  /** Name for people, e.g. `worker 2`. */
  readonly name: string;
  send(message: ToTaskManager): void;
  /** The newest report that is known. */
  report(): TaskManagerReport;
  /** Its sign of life; undefined where the JobManager runs in the same thread, and could not look. */
  pulse(): Pulse | undefined;
  /** Ends it wherever it is. Settles when nothing of it runs any more. */
  terminate(): Promise<void>;
}

/** Whoever hears what task managers say. */
export interface TaskManagerListener {
  message(manager: number, message: FromTaskManager): void;
  /** The task manager is gone without having been told to, with a coded error that says how. */
  lost(manager: number, error: Error): void;
}

/** How the task managers of a job come to be: in this thread, or one in each of several. */
export interface TaskManagers {
  readonly count: number;
  /** Whether channels within a thread go through the codec too. */
  readonly codedChannels: boolean;
  /** Starts them. Called once. Each tells `ready` when it has built the job. */
  start(listener: TaskManagerListener): readonly TaskManagerLink[];
}

import { resolvePath } from './base/paths.js';
import type { Logger } from './base/logger.js';
import { nodePlatform } from './platform/node/node-platform.js';
import type { ControlAction, ControlActions } from './runtime/control/control-server.js';
import { jobActions, type ControlledJob } from './runtime/control/job-actions.js';
import { announceJob, type AnnouncedJob } from './runtime/control/job-registry.js';

/** How a job is made to listen. */
export interface ControlOptions {
  /** Where its checkpoints go, if anywhere. */
  readonly checkpointDirectory: string | undefined;
  /** A folder for the socket that only this user may enter, where the usual ones are not wanted. */
  readonly folder?: string;
  /** Told what somebody asks for, before it is done. */
  readonly onAsked?: (verb: string) => void;
  /** Told when there is no place for a socket: the job runs all the same. */
  readonly logger: Logger;
}

/** A job that listens, or tries to. */
export interface ControlledJobHandle {
  /** What people may call the run by: eight hexadecimal digits. */
  readonly id: string;
  /** The socket's path once it listens; undefined when there is no place for it. */
  readonly ready: Promise<string | undefined>;
  /** Lets the last answers out and stops listening. */
  close(): Promise<void>;
}

/** Lets a running job be spoken to through a control socket, by the commands `list`, `describe`, `stop` and so on. */
export function controlJob(job: ControlledJob, { checkpointDirectory, folder, onAsked, logger }: ControlOptions): ControlledJobHandle {
  const platform = nodePlatform();
  const id = platform.random.uuid().slice(0, 8);
  const directory = checkpointDirectory === undefined ? undefined : resolvePath(platform.process.cwd(), checkpointDirectory);
  const announcement = { id, name: job.program.streamGraph.job, checkpointDirectory: directory, ...(folder === undefined ? {} : { folder }) };
  const actions = heard(jobActions(platform, job, { id, checkpointDirectory: directory }), onAsked);
  const announced: Promise<AnnouncedJob | undefined> = announceJob(platform, announcement, actions).catch((error: unknown) => {
    logger.warn('the job cannot be spoken to while it runs', { reason: error instanceof Error ? error.message : String(error) });
    return undefined;
  });
  return {
    id,
    ready: announced.then((listening) => listening?.socketPath),
    close: async () => {
      const listening = await announced;
      await listening?.close();
    },
  };
}

/** The same actions, with somebody listening. */
function heard(actions: ControlActions, onAsked: ((verb: string) => void) | undefined): ControlActions {
  if (onAsked === undefined) return actions;
  return Object.fromEntries(Object.entries(actions).map(([verb, action]): [string, ControlAction] => [verb, (given, progress) => {
    onAsked(verb);
    return action(given, progress);
  }]));
}

import type { Logger } from '../../base/logger.js';
import type { MetricRegistry } from '../../base/metrics.js';
import type { Platform } from '../../base/platform.js';
import { Heartbeat } from '../task-manager/heartbeat.js';
import { TaskManager } from '../task-manager/task-manager.js';
import type { TaskManagers } from './task-manager-link.js';

/** The one task manager of a job that runs in the calling thread. Messages are handed over inside the call. */
export function inThreadManager(context: { readonly platform: Platform; readonly logger: Logger; readonly metrics: MetricRegistry }): TaskManagers {
  return {
    codedChannels: true,
    startSlowly: false,
    countFor: () => 1,
    keepReady: () => Promise.resolve(),
    close: () => Promise.resolve(),
    start: ({ attempt, program }, listener) => {
      // What the attempt before has counted is its own.
      if (attempt > 0) context.metrics.clear();
      const manager = new TaskManager({ ...context, program, heartbeat: new Heartbeat(), send: (message) => listener.message(0, message) });
      // Not inside the call: the JobManager has no link yet.
      void Promise.resolve().then(() => manager.announce());
      return [
        {
          name: 'this thread',
          send: (message) => (message.kind === 'deploy' ? manager.deploy(message, new Map()) : manager.receive(message)),
          report: () => manager.report(),
          pulse: () => undefined,
          terminate: () => Promise.resolve(),
        },
      ];
    },
  };
}

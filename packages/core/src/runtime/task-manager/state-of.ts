import type { Platform } from '../../base/platform.js';
import type { StateBackend, StateBackendFactory } from '../../state/backend.js';
import { heapStateBackendFactory, spillingHeapBackendFactory } from '../../state/backends/heap/heap-state-backend.js';
import { logStateBackendFactory } from '../../state/backends/log/log-state-backend.js';
import type { StateRequest, TaskSettings } from '../../task/ports.js';

/** Makes the state of one operator where the job keeps its state. */
export function stateOf(request: StateRequest, options: { readonly platform: Platform; readonly settings: TaskSettings }): StateBackend {
  const { platform, settings } = options;
  return factoryFor(platform, settings).create({
    operatorUid: request.operatorUid,
    operatorName: request.operatorName,
    keyGroups: request.keyGroups,
    maxParallelism: request.maxParallelism,
    // Lists are dealt out over the subtasks, unless they are all this one's.
    subtask: request.restoresOwn === true ? 0 : request.subtask,
    parallelism: request.restoresOwn === true ? 1 : request.parallelism,
    ...(request.keyType === undefined ? {} : { keyType: request.keyType }),
    clock: platform.clock,
    check: settings.check,
    incremental: settings.incremental,
    files: platform.files,
  });
}

/** The backend that the job has chosen. Without a directory for checkpoints those on the heap have no files. */
function factoryFor({ files, random, digests }: Platform, { stateBackend, stateDirectory: directory }: TaskSettings): StateBackendFactory {
  if (stateBackend === 'log') return logStateBackendFactory({ files, random, digests, directory });
  return directory === undefined ? heapStateBackendFactory : spillingHeapBackendFactory({ files, random, digests, directory });
}

import type { Platform } from '../../base/platform.js';
import { heapStateBackend } from '../../state/backends/heap/heap-state-backend.js';
import type { StateBackend } from '../../state/backend.js';
import type { StateRequest, TaskSettings } from '../../task/ports.js';

/** Makes the state of one operator on the heap. */
export function heapStateOf(request: StateRequest, options: { readonly platform: Platform; readonly settings: TaskSettings }): StateBackend {
  return heapStateBackend({
    operatorUid: request.operatorUid,
    operatorName: request.operatorName,
    keyGroups: request.keyGroups,
    maxParallelism: request.maxParallelism,
    subtask: request.subtask,
    parallelism: request.parallelism,
    ...(request.keyType === undefined ? {} : { keyType: request.keyType }),
    clock: options.platform.clock,
    check: options.settings.check,
    incremental: options.settings.incremental,
  });
}

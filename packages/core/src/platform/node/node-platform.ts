import type { Platform } from '../../base/platform.js';
import { NO_REACH_POINTS } from '../../base/reach-points.js';
import { nodeClock, nodeTimers } from './clock-and-timers.js';
import { nodeDigests } from './digests.js';
import { nodeFiles } from './files.js';
import { nodeMachine, nodeProcess } from './host.js';
import { nodeRandom } from './random.js';
import { nodeSockets } from './sockets.js';
import { nodeStreams } from './streams.js';
import { nodeThreads } from './threads.js';

let platform: Platform | undefined;

/** The platform of this thread on Node.js. One per thread: the same object at every call. */
export function nodePlatform(): Platform {
  platform ??= Object.freeze({
    clock: nodeClock,
    timers: nodeTimers,
    random: nodeRandom(),
    files: nodeFiles,
    threads: nodeThreads(),
    sockets: nodeSockets,
    streams: nodeStreams(),
    digests: nodeDigests,
    process: nodeProcess,
    machine: nodeMachine,
    points: NO_REACH_POINTS,
    importModule: (url: string): Promise<unknown> => import(url),
  });
  return platform;
}

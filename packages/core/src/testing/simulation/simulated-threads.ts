import type { CurrentThread, Thread, ThreadExit, ThreadOptions, Threads } from '../../base/platform-threads.js';
import type { Platform } from '../../base/platform.js';
import { ThreadEntryUnknown } from './errors.js';
import { createSimulatedChannel, transferPort } from './simulated-port.js';
import type { SimulatedProcess } from './simulated-process.js';

/** What a simulated thread runs: the same as the entry module would, given its platform. */
export type ThreadEntry = (platform: Platform) => Promise<void> | void;

/** A platform that can start threads on its machine. */
export interface ThreadHost extends Platform {
  readonly owner: SimulatedProcess;
  startThread(name: string, current: (process: SimulatedProcess) => CurrentThread): ThreadHost;
}

/** The threads of one simulated process. */
export function simulatedThreads(platform: ThreadHost, entries: ReadonlyMap<string, ThreadEntry>, current: CurrentThread | undefined): Threads {
  return {
    spawn: (entryUrl, options) => spawn(platform, entries, entryUrl, options),
    createChannel: () => createSimulatedChannel(platform.owner),
    currentThread: current,
  };
}

function spawn(platform: ThreadHost, entries: ReadonlyMap<string, ThreadEntry>, entryUrl: string, options: ThreadOptions): Thread {
  const [here, given] = createSimulatedChannel(platform.owner);
  const ports = options.ports ?? [];
  const child = platform.startThread(options.name, (process: SimulatedProcess) => ({
    name: options.name,
    data: structuredClone(options.data),
    ports: ports.map((port) => transferPort(port, process)),
    parent: transferPort(given, process),
  }));
  const listeners: ((exit: ThreadExit) => void)[] = [];
  let exit: ThreadExit | undefined;
  const tell = (listener: (exit: ThreadExit) => void): void => {
    platform.timers.immediate(() => listener(exit!));
  };
  const ended = (code: number, error: unknown): void => {
    if (exit !== undefined) return;
    exit = { code, error };
    child.owner.kill();
    for (const listener of listeners) tell(listener);
  };
  child.owner.onKill(() => ended(1, undefined));
  // A thread dies with the process that started it.
  platform.owner.onKill(() => child.owner.kill());
  child.timers.immediate(() => void start(child, entries.get(entryUrl), entryUrl, ended));
  return {
    name: options.name,
    port: here,
    onExit: (listener) => {
      if (exit === undefined) listeners.push(listener);
      else tell(listener);
    },
    terminate: () => {
      ended(1, undefined);
      return Promise.resolve();
    },
  };
}

async function start(child: ThreadHost, entry: ThreadEntry | undefined, entryUrl: string, ended: (code: number, error: unknown) => void): Promise<void> {
  try {
    if (entry === undefined) throw ThreadEntryUnknown.error({ what: `no entry is registered for ${entryUrl}` });
    child.threads.currentThread?.parent.onClose(() => ended(0, undefined));
    await entry(child);
  } catch (error) {
    ended(1, error);
  }
}

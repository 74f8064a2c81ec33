import { type MessagePort, parentPort, Worker, workerData, type WorkerOptions } from 'node:worker_threads';
import { ThreadOutOfMemory } from '../../base/platform-errors.js';
import type { CurrentThread, Thread, ThreadExit, ThreadLimits, ThreadMessage, ThreadOptions, ThreadPort, Threads } from '../../base/platform-threads.js';
import { systemCode } from './file-errors.js';
import { createNodeChannel, nativePorts, NodeThreadPort, wrapPorts } from './thread-port.js';

/** What a thread is started with; the mark tells it from a worker that somebody else started. */
interface StartData {
  readonly millrace: 'thread/1';
  readonly name: string;
  readonly data: ThreadMessage;
  readonly parent: MessagePort;
  readonly ports: readonly MessagePort[];
}

/** What a thread is started with that does not know yet what for: its {@link StartData} follows as a message. */
interface WarmData {
  readonly millrace: 'warm/1';
  readonly parent: MessagePort;
}

/** What a waiting thread is told. */
type ToWarm =
  | { readonly millrace: 'begin'; readonly start: Omit<StartData, 'parent'> }
  | { readonly millrace: 'preload'; readonly url: string };

/** Set in a thread that was started ahead of time, once it has been told what it is for. */
let begun: StartData | undefined;

/** Threads of the runtime (`node:worker_threads`). */
export function nodeThreads(): Threads {
  return { spawn: (entryUrl, options) => new NodeThread(entryUrl, options), createChannel: createNodeChannel, currentThread: currentThread() };
}

/** A thread started ahead of time: it loads its entry module and waits there to be told what it is for. */
export class WarmThread {
  readonly #thread: NodeThread;

  constructor(entryUrl: string, name: string, limits: ThreadLimits | undefined) {
    this.#thread = new NodeThread(entryUrl, { name, ...(limits === undefined ? {} : { limits }) }, true);
  }

  /** Lets it import a module that it will need. */
  preload(url: string): void {
    this.#thread.tell({ millrace: 'preload', url });
  }

  /** It is what `spawn` would have given. */
  begin(options: ThreadOptions): Thread {
    const ports = nativePorts(options.ports);
    this.#thread.tell({ millrace: 'begin', start: { millrace: 'thread/1', name: options.name, data: options.data, ports } }, ports);
    return this.#thread;
  }

  terminate(): Promise<void> {
    return this.#thread.terminate();
  }
}

/**
 * For the entry module of a thread, before anything asks for the platform: resolves when the thread knows what it is for.
 * In one that was started ahead of time, `prepare` runs first; if it fails, that is met again later.
 */
export async function threadBegins(prepare: () => Promise<unknown>): Promise<void> {
  const warm = workerData as Partial<WarmData> | null | undefined;
  if (warm?.millrace !== 'warm/1' || parentPort === null) return;
  const port = parentPort;
  // Nobody waits for what is only prepared; who needs it meets its error.
  const prepared = prepare().catch(() => {});
  const told = new Promise<void>((resolve) => {
    port.on('message', (message: ToWarm) => {
      if (message.millrace === 'preload') {
        void prepared.then(() => preload(message.url)).catch(() => {});
        return;
      }
      begun = { ...message.start, parent: warm.parent as MessagePort };
      port.removeAllListeners('message').unref();
      resolve();
    });
  });
  await prepared;
  await told;
}

/** From here on, as in `watchThread`: errors of this module shall show places in its sources. */
function preload(url: string): Promise<unknown> {
  process.setSourceMapsEnabled(true);
  return import(url);
}

class NodeThread implements Thread {
  readonly name: string;
  readonly port: ThreadPort;
  readonly #worker: Worker;
  #error: unknown;
  #terminated: boolean;
  #exit: ThreadExit | undefined;
  readonly #listeners: ((exit: ThreadExit) => void)[];

  constructor(entryUrl: string, options: ThreadOptions, waits = false) {
    this.name = options.name;
    this.#error = undefined;
    this.#terminated = false;
    this.#exit = undefined;
    this.#listeners = [];
    const [here, there] = createNodeChannel();
    this.port = here;
    const ports = nativePorts(options.ports);
    const start: StartData | WarmData = waits
      ? { millrace: 'warm/1', parent: there.native }
      : { millrace: 'thread/1', name: options.name, data: options.data, parent: there.native, ports };
    this.#worker = new Worker(new URL(entryUrl), {
      name: options.name,
      workerData: start,
      transferList: [there.native, ...ports],
      ...resourceLimits(options.limits),
    });
    this.#worker.on('error', (error: unknown) => {
      this.#error = systemCode(error) === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory(options.name, error) : error;
    });
    this.#worker.on('exit', (code) => this.#ended(code));
  }

  /** Speaks to a waiting thread. */
  tell(message: ToWarm, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }

  onExit(listener: (exit: ThreadExit) => void): void {
    const exit = this.#exit;
    if (exit === undefined) this.#listeners.push(listener);
    else setImmediate(() => listener(exit));
  }

  async terminate(): Promise<void> {
    this.#terminated = true;
    await this.#worker.terminate();
  }

  #ended(code: number): void {
    // A thread stopped before it began reports 0; it did not end by itself all the same.
    const exit: ThreadExit = { code: this.#terminated ? 1 : code, error: this.#error };
    this.#exit = exit;
    this.port.close();
    for (const listener of this.#listeners) listener(exit);
  }
}

function resourceLimits(limits: ThreadLimits | undefined): Pick<WorkerOptions, 'resourceLimits'> {
  if (limits === undefined) return {};
  return {
    resourceLimits: {
      ...(limits.maxYoungGenerationSizeMb === undefined ? {} : { maxYoungGenerationSizeMb: limits.maxYoungGenerationSizeMb }),
      ...(limits.maxOldGenerationSizeMb === undefined ? {} : { maxOldGenerationSizeMb: limits.maxOldGenerationSizeMb }),
      ...(limits.stackSizeMb === undefined ? {} : { stackSizeMb: limits.stackSizeMb }),
    },
  };
}

function outOfMemory(name: string, cause: unknown): Error {
  return ThreadOutOfMemory.error({ what: `the thread "${name}" reached the limit of its heap`, cause });
}

function currentThread(): CurrentThread | undefined {
  const start = begun ?? (workerData as StartData | null | undefined);
  if (typeof start !== 'object' || start === null || start.millrace !== 'thread/1') return undefined;
  return { name: start.name, data: start.data, ports: wrapPorts(start.ports), parent: new NodeThreadPort(start.parent) };
}

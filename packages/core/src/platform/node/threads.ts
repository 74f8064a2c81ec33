import { type MessagePort, Worker, workerData, type WorkerOptions } from 'node:worker_threads';
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

/** Threads of the runtime (`node:worker_threads`). */
export function nodeThreads(): Threads {
  return { spawn: (entryUrl, options) => new NodeThread(entryUrl, options), createChannel: createNodeChannel, currentThread: currentThread() };
}

class NodeThread implements Thread {
  readonly name: string;
  readonly port: ThreadPort;
  readonly #worker: Worker;
  #error: unknown;
  #terminated: boolean;
  #exit: ThreadExit | undefined;
  readonly #listeners: ((exit: ThreadExit) => void)[];

  constructor(entryUrl: string, options: ThreadOptions) {
    this.name = options.name;
    this.#error = undefined;
    this.#terminated = false;
    this.#exit = undefined;
    this.#listeners = [];
    const [here, there] = createNodeChannel();
    this.port = here;
    const ports = nativePorts(options.ports);
    const start: StartData = { millrace: 'thread/1', name: options.name, data: options.data, parent: there.native, ports };
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
  const start = workerData as StartData | null | undefined;
  if (typeof start !== 'object' || start === null || start.millrace !== 'thread/1') return undefined;
  return { name: start.name, data: start.data, ports: wrapPorts(start.ports), parent: new NodeThreadPort(start.parent) };
}

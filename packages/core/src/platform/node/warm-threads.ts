import type { Thread, ThreadLimits, ThreadOptions, Threads } from '../../base/platform-threads.js';
import { nodeThreads, WarmThread } from './threads.js';

/**
 * Threads of the runtime, some of which were started ahead of time: loading the engine takes longer than anything else a
 * thread does before its first record, and can go on while a job is still being bundled.
 */
export class WarmThreads implements Threads {
  readonly #entryUrl: string;
  readonly #limits: ThreadLimits;
  readonly #waiting: WarmThread[];
  readonly #cold: Threads;

  /** Starts `count` threads of one entry module, which awaits `threadBegins`. */
  constructor(entryUrl: string, count: number, limits: ThreadLimits) {
    this.#entryUrl = entryUrl;
    this.#limits = limits;
    this.#cold = nodeThreads();
    this.#waiting = Array.from({ length: count }, (_, index) => new WarmThread(entryUrl, `millrace-worker-${index + 1}`, limits));
  }

  get currentThread(): Threads['currentThread'] {
    return this.#cold.currentThread;
  }

  createChannel(): ReturnType<Threads['createChannel']> {
    return this.#cold.createChannel();
  }

  /** Gives one that waits where it fits, otherwise a new one. */
  spawn(entryUrl: string, options: ThreadOptions): Thread {
    const fits = entryUrl === this.#entryUrl && sameLimits(options.limits ?? {}, this.#limits);
    return (fits ? this.#waiting.shift()?.begin(options) : undefined) ?? this.#cold.spawn(entryUrl, options);
  }

  /** Lets all that wait import a module that they will need. What it throws is met again by whoever imports it then. */
  preload(url: string): void {
    for (const thread of this.#waiting) thread.preload(url);
  }

  /** Ends those that nobody has taken. */
  async dismiss(): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map((thread) => thread.terminate()));
  }
}

function sameLimits(one: ThreadLimits, other: ThreadLimits): boolean {
  return (
    one.maxYoungGenerationSizeMb === other.maxYoungGenerationSizeMb &&
    one.maxOldGenerationSizeMb === other.maxOldGenerationSizeMb &&
    one.stackSizeMb === other.stackSizeMb
  );
}

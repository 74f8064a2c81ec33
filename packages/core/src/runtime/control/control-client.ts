import { encodeUtf8 } from '../../base/bytes.js';
import type { Platform, TimerHandle } from '../../base/platform.js';
import type { Socket } from '../../base/platform-sockets.js';
import { errorFromMessage } from '../task-manager/error-message.js';
import { JobEndedMeanwhile, JobNotAnswering, JobNotReachable } from './errors.js';
import { LineBuffer } from './line-buffer.js';
import { parseAnswer, requestLine } from './protocol.js';

/** How a job is asked. */
export interface AskOptions {
  /** The longest silence; while the job works on the answer it says so every second. 10 s unless given. */
  readonly timeoutMs?: number;
  /** Told what happens in between; undefined news are only a sign of life. */
  readonly onProgress?: (news: unknown) => void;
  /** Aborting it hangs up: the promise rejects with the signal's reason. What was asked for may still happen. */
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 10_000;
/** An answer is never longer: a job of ten thousand subtasks describes itself in a tenth of it. */
const LONGEST_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Asks the job that listens on a socket for one thing, and gives its answer. Rejects with the error the job answers with,
 * or with `JobNotReachable`, `JobNotAnswering`, `JobEndedMeanwhile` or `ControlVersionDiffers`.
 */
export function askJob(platform: Platform, socketPath: string, verb: string, given: Readonly<Record<string, unknown>> = {}, options: AskOptions = {}): Promise<unknown> {
  return new Promise((resolve, reject) => new Question(platform, socketPath, { id: 1, verb, with: given }, options, resolve, reject));
}

class Question {
  readonly #platform: Platform;
  readonly #path: string;
  readonly #options: AskOptions;
  readonly #socket: Socket;
  readonly #resolve: (answer: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #silence: TimerHandle | undefined;
  #isOpen: boolean;
  #isOver: boolean;

  constructor(platform: Platform, path: string, request: Parameters<typeof requestLine>[0], options: AskOptions, resolve: (answer: unknown) => void, reject: (error: unknown) => void) {
    this.#platform = platform;
    this.#path = path;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#isOpen = false;
    this.#isOver = false;
    this.#silence = undefined;
    const lines = new LineBuffer(LONGEST_ANSWER_BYTES);
    this.#socket = platform.sockets.connect({ kind: 'unix', path }, {
      onOpen: () => {
        this.#isOpen = true;
        this.#socket.write(encodeUtf8(requestLine(request)));
      },
      onData: (bytes) => {
        if (!lines.add(bytes, (line) => this.#answered(line))) this.#fail(JobNotAnswering.error({ what: `the answer of ${path} has no end` }));
      },
      onClose: (error) => this.#closed(error),
    }, { timeoutMs: options.timeoutMs ?? TIMEOUT_MS });
    this.#listen();
    options.signal?.addEventListener('abort', () => this.#fail(options.signal?.reason), { once: true });
  }

  #listen(): void {
    this.#silence?.cancel();
    const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS;
    this.#silence = this.#platform.timers.setTimer(timeoutMs, () => this.#fail(JobNotAnswering.error({ what: `the job at ${this.#path} has said nothing for ${Math.round(timeoutMs / 100) / 10} s` })));
  }

  #answered(line: string): void {
    if (this.#isOver) return;
    this.#listen();
    try {
      const answer = parseAnswer(line);
      if ('progress' in answer) {
        this.#options.onProgress?.(answer.progress ?? undefined);
        return;
      }
      if ('error' in answer) throw errorFromMessage(answer.error);
      this.#isOver = true;
      this.#end();
      this.#resolve(answer.result);
    } catch (error) {
      this.#fail(error);
    }
  }

  #closed(error: Error | undefined): void {
    if (this.#isOpen) this.#fail(JobEndedMeanwhile.error({ what: `the job at ${this.#path} has hung up`, ...(error === undefined ? {} : { cause: error }) }));
    else this.#fail(JobNotReachable.error({ what: `the job at ${this.#path} cannot be reached: ${error?.cause instanceof Error ? error.cause.message : String(error)}`, cause: error }));
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#silence?.cancel();
    this.#socket.destroy();
  }
}

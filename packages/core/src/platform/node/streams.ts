import { OutputClosed } from '../../base/platform-errors.js';
import type { OutputStream, StandardStreams } from '../../base/platform.js';
import { fileError, systemCode } from './file-errors.js';

const CLOSED = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'EBADF']);

/** The standard streams of this thread; those of a worker go through the main thread. */
export function nodeStreams(): StandardStreams {
  return { stdout: new NodeOutputStream(process.stdout, 'standard output'), stderr: new NodeOutputStream(process.stderr, 'standard error') };
}

/** An output stream over one of the runtime's. */
export class NodeOutputStream implements OutputStream {
  readonly #stream: NodeJS.WriteStream;
  readonly #name: string;
  #failure: Error | undefined;

  constructor(stream: NodeJS.WriteStream, name: string) {
    this.#stream = stream;
    this.#name = name;
    this.#failure = undefined;
    // Without a listener a closed pipe would end the process. The failure itself comes through the callbacks.
    stream.on('error', (error) => {
      this.#failure ??= this.#coded(error);
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  write(data: string | Uint8Array, callback?: (error?: Error) => void): boolean {
    return this.#stream.write(data, (error) => {
      if (error !== null && error !== undefined) this.#failure ??= this.#coded(error);
      callback?.(error === null || error === undefined ? undefined : this.#coded(error));
    });
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      // Writes keep their order, so an empty one comes back last.
      this.write('', (error) => {
        const failure = this.#failure ?? error;
        if (failure === undefined) resolve();
        else reject(failure);
      });
    });
  }

  #coded(error: unknown): Error {
    const code = systemCode(error);
    if (CLOSED.has(code)) return OutputClosed.error({ what: `nobody reads ${this.#name} any more (${code})`, cause: error });
    return fileError(error, 'writing to', this.#name);
  }
}

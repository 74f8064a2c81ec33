import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./slices-child.mjs', import.meta.url));

/** A job in a process of its own, which does a slice when it is told to and nothing otherwise. */
export class SlicedJob {
  #child;
  #answer = () => {};

  constructor(keys) {
    this.#child = fork(CHILD, [String(keys)], { stdio: ['ignore', 2, 2, 'ipc'] });
    this.#child.on('message', (message) => this.#answer(message));
    this.#child.on('exit', (code) => code !== 0 && this.#answer({ kind: 'failed' }));
    this.loaded = this.#next();
  }

  /** Works off so many records on `touched` keys, other ones than before unless that is 0; with a checkpoint it ends when that is stored. */
  slice(records, touched, withCheckpoint = false) {
    return this.#do({ kind: 'slice', records, touched, withCheckpoint });
  }

  /** Touches every key once. From then on no touch is the first since the last checkpoint. */
  settle() {
    return this.#do({ kind: 'settle' });
  }

  /** What the process has used since its start. */
  used() {
    return this.#do({ kind: 'used' });
  }

  /** Ends the process; resolves with the processor seconds that it has used. */
  async end() {
    return (await this.#do({ kind: 'end' })).cpuMs / 1000;
  }

  #do(command) {
    this.#child.send(command);
    return this.#next();
  }

  async #next() {
    const message = await new Promise((resolve) => (this.#answer = resolve));
    if (message.kind === 'failed') throw new Error('the process of a job has ended early');
    return message;
  }
}

import { STREAM, configurable, type StreamHandle } from './stream-handle.js';
import type { Configurable } from './streams.js';

/** The settings that every stream made by an operation has. */
export class ConfigurableStream implements Configurable {
  readonly [STREAM]: StreamHandle;

  constructor(handle: StreamHandle) {
    this[STREAM] = handle;
  }

  name(name: string): this {
    configurable(this[STREAM], 'name').setName(name);
    return this;
  }

  uid(uid: string): this {
    configurable(this[STREAM], 'uid').setUid(uid);
    return this;
  }

  setParallelism(parallelism: number): this {
    configurable(this[STREAM], 'setParallelism').setParallelism(parallelism);
    return this;
  }

  setMaxParallelism(maxParallelism: number): this {
    configurable(this[STREAM], 'setMaxParallelism').setMaxParallelism(maxParallelism);
    return this;
  }

  startNewChain(): this {
    configurable(this[STREAM], 'startNewChain').setChaining('head');
    return this;
  }

  disableChaining(): this {
    configurable(this[STREAM], 'disableChaining').setChaining('never');
    return this;
  }
}

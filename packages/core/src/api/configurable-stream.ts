import { configurable, type StreamHandle } from './stream-handle.js';
import type { Configurable } from './streams.js';

/** The settings that every stream made by an operation has. */
export class ConfigurableStream implements Configurable {
  readonly streamHandle: StreamHandle;

  constructor(handle: StreamHandle) {
    this.streamHandle = handle;
  }

  name(name: string): this {
    configurable(this.streamHandle, 'name').setName(name);
    return this;
  }

  uid(uid: string): this {
    configurable(this.streamHandle, 'uid').setUid(uid);
    return this;
  }

  setParallelism(parallelism: number): this {
    configurable(this.streamHandle, 'setParallelism').setParallelism(parallelism);
    return this;
  }

  setMaxParallelism(maxParallelism: number): this {
    configurable(this.streamHandle, 'setMaxParallelism').setMaxParallelism(maxParallelism);
    return this;
  }

  startNewChain(): this {
    configurable(this.streamHandle, 'startNewChain').setChaining('head');
    return this;
  }

  disableChaining(): this {
    configurable(this.streamHandle, 'disableChaining').setChaining('never');
    return this;
  }
}

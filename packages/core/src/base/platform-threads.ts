/** A message as it travels: whatever a structured clone can carry. */
export type ThreadMessage = unknown;

/** What moves with a message instead of being copied. */
export interface Transfer {
  /** These buffers change hands: the sender's become detached (`byteLength` 0) before `postMessage` returns. */
  readonly buffers?: readonly ArrayBuffer[];
  /** These ports change hands: the sender must not use them any more. They arrive beside the message, in this order. */
  readonly ports?: readonly ThreadPort[];
}

/** Takes a message. `ports` holds the ports that were transferred with it, empty for nearly all messages. */
export type MessageListener = (message: ThreadMessage, ports: readonly ThreadPort[]) => void;

/**
 * One end of a two-way connection between two threads (or two parts of one). Messages arrive once, in order, as copies;
 * shared memory (`SharedArrayBuffer`) stays shared. Nothing is lost before the listener is set: messages wait for it.
 * There is no flow control here; the channel layer grants credit.
 */
export interface ThreadPort {
  /** Sends; never blocks, never calls the listener inside the call. Throws `MessageNotCloneable` for a function and its like. */
  postMessage(message: ThreadMessage, transfer?: Transfer): void;
  /** Sets the one listener. Called once per port. */
  onMessage(listener: MessageListener): void;
  /** Runs once when the other end is closed or its thread is gone, after the last message. */
  onClose(listener: () => void): void;
  /** Closes both ends; what was sent before still arrives. A second call does nothing. */
  close(): void;
  /** Whether an open port keeps the thread alive; true unless set. */
  setKeepsAlive(keepsAlive: boolean): void;
}

/** Limits of a thread's heap, in MiB. */
export interface ThreadLimits {
  /** A bigger young generation (128–192) halves the time a task with many records in flight spends collecting garbage. */
  readonly maxYoungGenerationSizeMb?: number;
  readonly maxOldGenerationSizeMb?: number;
  readonly stackSizeMb?: number;
}

/** How to start a thread. */
export interface ThreadOptions {
  /** Name for debuggers and errors. */
  readonly name: string;
  /** Given to the thread as `currentThread.data`; cloned like a message. */
  readonly data?: ThreadMessage;
  /** Ports that go with the data, delivered as `currentThread.ports`. */
  readonly ports?: readonly ThreadPort[];
  readonly limits?: ThreadLimits;
}

/** Why a thread ended. */
export interface ThreadExit {
  /** Exit code: 0 for an ordinary end, 1 after an uncaught error, as for a process. */
  readonly code: number;
  /** What ended it, if something did: whatever was thrown and not caught (as a copy), or a coded `ThreadOutOfMemory`. */
  readonly error: unknown;
}

/** A thread as the one who started it sees it. */
export interface Thread {
  readonly name: string;
  /** Messages to and from the thread's `currentThread.parent`. */
  readonly port: ThreadPort;
  /** Runs once, when nothing of the thread runs any more. */
  onExit(listener: (exit: ThreadExit) => void): void;
  /** Stops the thread wherever it is, also in an endless loop. Settles when it is gone. */
  terminate(): Promise<void>;
}

/** What a started thread knows about itself. */
export interface CurrentThread {
  readonly name: string;
  readonly data: ThreadMessage;
  readonly ports: readonly ThreadPort[];
  readonly parent: ThreadPort;
}

/** Threads that share no objects, only messages and shared memory. */
export interface Threads {
  /** Starts the ES module at this URL in a thread of its own. A module that cannot be loaded shows as an exit with an error. */
  spawn(entryUrl: string, options: ThreadOptions): Thread;
  /** Two connected ports, to be handed to two threads that shall talk without the main thread in between. */
  createChannel(): readonly [ThreadPort, ThreadPort];
  /** Undefined in the thread the process began with. */
  readonly currentThread: CurrentThread | undefined;
}

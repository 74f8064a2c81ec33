/** Where to connect or listen: a TCP port, or a unix socket's path (at most 103 bytes on macOS, 107 on Linux). */
export type SocketAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/**
 * What the owner of a connection does with what happens on it. Calls come one at a time and never inside a call of
 * {@link Socket}.
 */
export interface SocketHandlers {
  /** The connection stands. For an accepted socket it already does and this is not called. */
  onOpen?(): void;
  /** Bytes in order. The array belongs to the receiver. Not called while paused, though some bytes may wait inside. */
  onData(bytes: Uint8Array): void;
  /** The other side will send nothing more; this side may still write and then calls `end`. Left out: `end` follows by itself. */
  onEnd?(): void;
  /** There is room again after `write` returned false. */
  onDrain?(): void;
  /** The last call, once: nothing moves any more. With a coded error when it did not end by agreement. */
  onClose(error?: Error): void;
}

/** One connection of bytes, with back pressure both ways. */
export interface Socket {
  /** Queues bytes, which the caller must not change afterwards. False: wait for `onDrain` before writing more. */
  write(bytes: Uint8Array): boolean;
  /** Stops `onData`; the sender feels it once the buffers of the system are full. */
  pause(): void;
  /** Takes bytes again. */
  resume(): void;
  /** Sends what is queued, then tells the other side that nothing more comes. */
  end(): void;
  /** Drops the connection and what is queued. `onClose` follows without an error. */
  destroy(): void;
}

/** How to connect. */
export interface ConnectOptions {
  /** Give up after this long with `ConnectionTimedOut`; 10 s unless given. */
  readonly timeoutMs?: number;
}

/** How to listen. Every listener has a limit of connections. */
export interface ListenOptions {
  /** Further connections are dropped at once while so many are open. */
  readonly maxConnections: number;
  /** The owner of each new connection. */
  onConnection(socket: Socket): SocketHandlers;
  /** The listener broke; it is closed already. */
  onError?(error: Error): void;
}

/** An open door. */
export interface Listener {
  /** The real address, with the port the system chose where 0 was asked for. */
  readonly address: SocketAddress;
  /** Takes no more connections and drops the open ones; settles when all are gone. A unix socket's file is removed. */
  close(): Promise<void>;
}

/** Byte streams between processes. */
export interface Sockets {
  /** Starts to connect; the outcome is `onOpen`, or `onClose` with a coded error. */
  connect(address: SocketAddress, handlers: SocketHandlers, options?: ConnectOptions): Socket;
  /**
   * Opens a door. A unix socket gets owner-only permissions. Who may listen on which host is decided by the caller
   * (loopback unless there is authentication). Rejects with a coded error when the address is taken or forbidden.
   */
  listen(address: SocketAddress, options: ListenOptions): Promise<Listener>;
}

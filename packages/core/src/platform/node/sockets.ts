import { chmodSync } from 'node:fs';
import * as net from 'node:net';
import type { MillraceError } from '../../base/errors.js';
import { ConnectionFailed, ConnectionTimedOut, ListenFailed } from '../../base/platform-errors.js';
import type { ConnectOptions, Listener, ListenOptions, Socket, SocketAddress, SocketHandlers, Sockets } from '../../base/platform-sockets.js';
import { systemCode } from './file-errors.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** The shortest limit of a unix socket's path among our systems; longer ones are cut off silently by some versions. */
const LONGEST_UNIX_PATH = 103;

/** Sockets of the runtime (`node:net`). */
export const nodeSockets: Sockets = Object.freeze({ connect, listen });

function connect(address: SocketAddress, handlers: SocketHandlers, options: ConnectOptions = {}): Socket {
  const native = net.connect({ ...nativeAddress(address), allowHalfOpen: true });
  const socket = new NodeSocket(native, handlers, show(address));
  const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
  const timer = setTimeout(() => {
    native.destroy(ConnectionTimedOut.error({ what: `${show(address)} did not answer within ${timeoutMs} ms` }));
  }, timeoutMs);
  native.once('connect', () => {
    clearTimeout(timer);
    handlers.onOpen?.();
  });
  native.once('close', () => clearTimeout(timer));
  return socket;
}

function listen(address: SocketAddress, options: ListenOptions): Promise<Listener> {
  if (address.kind === 'unix' && Buffer.byteLength(address.path) > LONGEST_UNIX_PATH) {
    return Promise.reject(ListenFailed.error({ what: `the path ${address.path} has more than ${LONGEST_UNIX_PATH} bytes` }));
  }
  const open = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true });
  server.maxConnections = options.maxConnections;
  server.on('connection', (native) => {
    open.add(native);
    native.once('close', () => open.delete(native));
    const socket = new NodeSocket(native, undefined, show(address));
    socket.own(options.onConnection(socket));
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const native of open) native.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(ListenFailed.error({ what: `${show(address)} cannot be listened on (${systemCode(error)})`, cause: error })));
    server.listen(nativeAddress(address), () => {
      if (address.kind === 'unix') chmodSync(address.path, 0o600);
      server.removeAllListeners('error');
      server.on('error', (error) => {
        void close();
        options.onError?.(ListenFailed.error({ what: `listening on ${show(address)} broke (${systemCode(error)})`, cause: error }));
      });
      resolve({ address: realAddress(server, address), close });
    });
  });
}

class NodeSocket implements Socket {
  readonly #native: net.Socket;
  readonly #place: string;
  #failure: MillraceError | undefined;

  constructor(native: net.Socket, handlers: SocketHandlers | undefined, place: string) {
    this.#native = native;
    this.#place = place;
    this.#failure = undefined;
    native.setNoDelay(true);
    native.on('error', (error) => {
      this.#failure ??= this.#coded(error);
    });
    if (handlers !== undefined) this.own(handlers);
  }

  /** Sets the handlers; bytes flow from now on. */
  own(handlers: SocketHandlers): void {
    const native = this.#native;
    const paused = native.isPaused();
    native.on('data', (chunk: Buffer) => handlers.onData(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    if (paused) native.pause();
    native.on('end', () => {
      if (handlers.onEnd === undefined) native.end();
      else handlers.onEnd();
    });
    native.on('drain', () => handlers.onDrain?.());
    native.on('close', () => handlers.onClose(this.#failure));
  }

  write(bytes: Uint8Array): boolean {
    return this.#native.write(bytes);
  }

  pause(): void {
    this.#native.pause();
  }

  resume(): void {
    this.#native.resume();
  }

  end(): void {
    this.#native.end();
  }

  destroy(): void {
    this.#native.destroy();
  }

  #coded(error: unknown): MillraceError {
    if (ConnectionTimedOut.is(error)) return error;
    const code = systemCode(error);
    const kind = code === 'ETIMEDOUT' ? ConnectionTimedOut : ConnectionFailed;
    return kind.error({ what: `the connection with ${this.#place} failed (${code})`, cause: error });
  }
}

function nativeAddress(address: SocketAddress): { host: string; port: number } | { path: string } {
  return address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path };
}

function realAddress(server: net.Server, asked: SocketAddress): SocketAddress {
  const address = server.address();
  return asked.kind === 'tcp' && typeof address === 'object' && address !== null ? { kind: 'tcp', host: asked.host, port: address.port } : asked;
}

function show(address: SocketAddress): string {
  return address.kind === 'tcp' ? `${address.host}:${address.port}` : address.path;
}

import { ConnectionFailed, ListenFailed } from '../../base/platform-errors.js';
import type { Listener, ListenOptions, Socket, SocketAddress, SocketHandlers, Sockets } from '../../base/platform-sockets.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { Lane } from './virtual-time.js';

/** A sender is told to wait while so many bytes were not taken by the receiver. */
const HIGH_WATER_BYTES = 65_536;

interface OpenListener {
  readonly process: SimulatedProcess;
  readonly options: ListenOptions;
  readonly sockets: Set<SimulatedSocket>;
}

/** The network of a simulated machine: who listens where. Shared by its processes. */
export class SimulatedNetwork {
  readonly listeners: Map<string, OpenListener> = new Map();
  nextPort = 40_000;
  readonly #connections: Set<SimulatedSocket> = new Set();

  /** Breaks every connection, as a network fault does; listeners stay. */
  breakConnections(): void {
    for (const socket of [...this.#connections]) socket.fail('the simulated network broke');
  }

  /** Registers a connection so that it can be broken. */
  add(socket: SimulatedSocket): void {
    this.#connections.add(socket);
  }

  /** Forgets a connection. */
  remove(socket: SimulatedSocket): void {
    this.#connections.delete(socket);
  }
}

/** The sockets of one process on the simulated network. */
export function simulatedSockets(network: SimulatedNetwork, process: SimulatedProcess): Sockets {
  return { connect: (address, handlers) => connect(network, process, address, handlers), listen: (address, options) => listen(network, process, address, options) };
}

function connect(network: SimulatedNetwork, process: SimulatedProcess, address: SocketAddress, handlers: SocketHandlers): Socket {
  const here = new SimulatedSocket(network, process);
  here.handlers = handlers;
  process.time.arrive(here.lane, process, () => {
    if (here.closed) return;
    const listener = network.listeners.get(show(address));
    if (listener === undefined || listener.process.killed) return here.fail(`nobody listens at ${show(address)}`);
    const there = new SimulatedSocket(network, listener.process);
    there.join(here);
    here.join(there);
    handlers.onOpen?.();
    if (listener.sockets.size >= listener.options.maxConnections) return there.destroy();
    listener.sockets.add(there);
    there.onClosed = () => listener.sockets.delete(there);
    process.time.arrive(there.lane, listener.process, () => {
      there.handlers = listener.options.onConnection(there);
      there.pump();
    });
  });
  return here;
}

function listen(network: SimulatedNetwork, process: SimulatedProcess, asked: SocketAddress, options: ListenOptions): Promise<Listener> {
  const address: SocketAddress = asked.kind === 'tcp' && asked.port === 0 ? { ...asked, port: network.nextPort++ } : asked;
  const place = show(address);
  const present = network.listeners.get(place);
  if (present !== undefined && !present.process.killed) return Promise.reject(ListenFailed.error({ what: `${place} is in use` }));
  const listener: OpenListener = { process, options, sockets: new Set() };
  network.listeners.set(place, listener);
  const close = (): Promise<void> => {
    if (network.listeners.get(place) === listener) network.listeners.delete(place);
    for (const socket of [...listener.sockets]) socket.destroy();
    return Promise.resolve();
  };
  return Promise.resolve({ address, close });
}

class SimulatedSocket implements Socket {
  readonly lane: Lane;
  handlers: SocketHandlers | undefined;
  peer: SimulatedSocket | undefined;
  onClosed: (() => void) | undefined;
  closed: boolean;
  readonly #network: SimulatedNetwork;
  readonly #process: SimulatedProcess;
  /** What arrived and was not taken yet; undefined marks the end. */
  readonly #arrived: (Uint8Array | undefined)[];
  readonly #unsent: (Uint8Array | undefined)[];
  #untakenBytes: number;
  #paused: boolean;
  #waiting: boolean;
  #ended: boolean;
  #peerEnded: boolean;

  constructor(network: SimulatedNetwork, process: SimulatedProcess) {
    this.lane = { lastDueMs: 0 };
    this.handlers = undefined;
    this.peer = undefined;
    this.onClosed = undefined;
    this.closed = false;
    this.#network = network;
    this.#process = process;
    this.#arrived = [];
    this.#unsent = [];
    this.#untakenBytes = 0;
    this.#paused = false;
    this.#waiting = false;
    this.#ended = false;
    this.#peerEnded = false;
    network.add(this);
    process.onKill(() => this.peer?.fail('the other process died'));
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed || this.#ended) return false;
    this.#send(bytes);
    this.#waiting = this.#untakenBytes >= HIGH_WATER_BYTES;
    return !this.#waiting;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#later(() => this.pump());
  }

  end(): void {
    if (this.#ended || this.closed) return;
    this.#ended = true;
    this.#send(undefined);
    this.#closeWhenDone();
  }

  destroy(): void {
    if (this.closed) return;
    this.#close(undefined);
    const peer = this.peer;
    if (peer !== undefined && !peer.#peerEnded) peer.fail('the other side dropped it');
  }

  /** Ends the connection with an error. */
  fail(why: string): void {
    this.#close(ConnectionFailed.error({ what: `a connection failed: ${why}` }));
  }

  /** Hands over what has arrived, as long as it is wanted. */
  pump(): void {
    while (!this.#paused && !this.closed && this.handlers !== undefined && this.#arrived.length > 0) {
      const bytes = this.#arrived.shift();
      if (bytes === undefined) this.#takeEnd();
      else {
        this.handlers.onData(bytes);
        this.peer?.taken(bytes.length);
      }
    }
  }

  /** The receiver took so many bytes. */
  taken(count: number): void {
    this.#untakenBytes -= count;
    if (!this.#waiting || this.#untakenBytes >= HIGH_WATER_BYTES) return;
    this.#waiting = false;
    this.#later(() => this.handlers?.onDrain?.());
  }

  /** Connects the two ends; what was written early leaves now. */
  join(peer: SimulatedSocket): void {
    this.peer = peer;
    for (const early of this.#unsent.splice(0)) this.#transmit(peer, early);
  }

  #send(bytes: Uint8Array | undefined): void {
    this.#untakenBytes += bytes?.length ?? 0;
    if (this.peer === undefined) this.#unsent.push(bytes);
    else this.#transmit(this.peer, bytes);
  }

  #transmit(peer: SimulatedSocket, bytes: Uint8Array | undefined): void {
    peer.#process.time.arrive(peer.lane, peer.#process, () => {
      if (peer.closed) return;
      peer.#arrived.push(bytes);
      peer.pump();
    });
  }

  #takeEnd(): void {
    this.#peerEnded = true;
    if (this.handlers?.onEnd === undefined) this.end();
    else this.handlers.onEnd();
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.#ended && this.#peerEnded) this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.#network.remove(this);
    this.onClosed?.();
    this.#later(() => this.handlers?.onClose(error));
  }

  #later(run: () => void): void {
    this.#process.time.arrive(this.lane, this.#process, run);
  }
}

function show(address: SocketAddress): string {
  return address.kind === 'tcp' ? `${address.host}:${address.port}` : address.path;
}

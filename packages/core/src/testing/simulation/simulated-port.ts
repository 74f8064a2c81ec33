import { assert } from '../../base/assert.js';
import { MessageNotCloneable } from '../../base/platform-errors.js';
import type { MessageListener, ThreadMessage, ThreadPort, Transfer } from '../../base/platform-threads.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { Lane, VirtualTime } from './virtual-time.js';

const NO_PORTS: readonly ThreadPort[] = Object.freeze([]);

/** Sees every message between threads, and says what is delivered for it: the message, nothing, or several. `from` and `to` are the two ends. */
export type MessageFilter = (message: ThreadMessage, from: object, to: object) => readonly ThreadMessage[];

const filters = new WeakMap<VirtualTime, MessageFilter>();

/** Lets a filter see, change, drop or repeat all messages of a machine, which is known by its time; undefined ends that. */
export function filterMessages(time: VirtualTime, filter: MessageFilter | undefined): void {
  if (filter === undefined) filters.delete(time);
  else filters.set(time, filter);
}

/** One end of a connection, whoever holds it: it outlives the port object when that is transferred. */
class PortEnd {
  readonly lane: Lane;
  readonly waiting: (readonly [ThreadMessage, readonly PortEnd[]])[];
  readonly closeListeners: (() => void)[];
  holder: SimulatedProcess;
  peer: PortEnd | undefined;
  listener: MessageListener | undefined;
  closed: boolean;

  constructor(holder: SimulatedProcess) {
    this.lane = { lastDueMs: 0 };
    this.waiting = [];
    this.closeListeners = [];
    this.holder = holder;
    this.peer = undefined;
    this.listener = undefined;
    this.closed = false;
    holder.onKill(() => this.holder === holder && this.peer?.closeFromPeer());
  }

  /** What this end's process has to hear; nothing if the process is gone by then. */
  arrive(time: VirtualTime, run: () => void): void {
    time.arrive(this.lane, this.holder, run);
  }

  deliver(message: ThreadMessage, ends: readonly PortEnd[]): void {
    if (this.listener === undefined) this.waiting.push([message, ends]);
    else this.listener(message, ends.length === 0 ? NO_PORTS : ends.map((end) => held(end, this.holder)));
  }

  closeFromPeer(): void {
    this.arrive(this.holder.time, () => {
      if (this.closed) return;
      this.closed = true;
      for (const listener of this.closeListeners) listener();
    });
  }
}

/** A port between simulated threads. It copies and detaches as the real one does; latency and order come from the seed. */
export class SimulatedPort implements ThreadPort {
  #end: PortEnd | undefined;

  constructor(end: unknown) {
    assert(end instanceof PortEnd, 'a simulated port is made by createSimulatedChannel');
    this.#end = end;
  }

  postMessage(message: ThreadMessage, transfer?: Transfer): void {
    const end = this.#own();
    // A dead process has no last words, even if a piece of it still runs to its end in the simulator's stack.
    if (end.holder.killed) return;
    let copy: ThreadMessage;
    try {
      copy = structuredClone(message, { transfer: [...(transfer?.buffers ?? [])] });
    } catch (error) {
      throw MessageNotCloneable.error({ what: error instanceof Error ? error.message : String(error), cause: error });
    }
    const ends = (transfer?.ports ?? NO_PORTS).map((port) => give(port));
    const peer = end.peer;
    if (end.closed || peer === undefined) return;
    const filter = filters.get(end.holder.time);
    for (const delivered of filter === undefined ? [copy] : filter(copy, end, peer)) {
      peer.arrive(end.holder.time, () => {
        if (!peer.closed) peer.deliver(delivered, ends);
      });
    }
  }

  onMessage(listener: MessageListener): void {
    const end = this.#own();
    assert(end.listener === undefined, 'a port has one listener');
    end.listener = listener;
    for (const [message, ends] of end.waiting.splice(0)) end.arrive(end.holder.time, () => end.deliver(message, ends));
  }

  onClose(listener: () => void): void {
    this.#own().closeListeners.push(listener);
  }

  close(): void {
    const end = this.#own();
    if (end.closed) return;
    end.peer?.closeFromPeer();
    end.closeFromPeer();
  }

  setKeepsAlive(): void {
    // A simulated thread ends when it is told to, not when nothing is left to do.
  }

  /** Takes the connection out of this object, which must not be used any more. */
  release(): unknown {
    const end = this.#own();
    this.#end = undefined;
    return end;
  }

  #own(): PortEnd {
    assert(this.#end !== undefined, 'a port that was transferred is not used any more');
    return this.#end;
  }
}

/** Two connected ports held by one process. */
export function createSimulatedChannel(holder: SimulatedProcess): readonly [SimulatedPort, SimulatedPort] {
  const left = new PortEnd(holder);
  const right = new PortEnd(holder);
  left.peer = right;
  right.peer = left;
  return [new SimulatedPort(left), new SimulatedPort(right)];
}

/** Moves a port to another process, as a transfer does. */
export function transferPort(port: ThreadPort, holder: SimulatedProcess): SimulatedPort {
  return held(give(port), holder);
}

function give(port: ThreadPort): PortEnd {
  assert(port instanceof SimulatedPort, 'a port of another platform cannot be transferred');
  return port.release() as PortEnd;
}

function held(end: PortEnd, holder: SimulatedProcess): SimulatedPort {
  end.holder = holder;
  holder.onKill(() => end.holder === holder && end.peer?.closeFromPeer());
  return new SimulatedPort(end);
}

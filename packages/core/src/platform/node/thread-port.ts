import { MessageChannel, type MessagePort, type TransferListItem } from 'node:worker_threads';
import { assert } from '../../base/assert.js';
import { MessageNotCloneable } from '../../base/platform-errors.js';
import type { MessageListener, ThreadMessage, ThreadPort, Transfer } from '../../base/platform-threads.js';

const NO_PORTS: readonly ThreadPort[] = Object.freeze([]);

/** What travels: the message, then the ports that go with it. */
type Envelope = readonly [message: ThreadMessage, ...ports: MessagePort[]];

/** A port over one of the runtime's. */
export class NodeThreadPort implements ThreadPort {
  readonly native: MessagePort;

  constructor(native: MessagePort) {
    this.native = native;
  }

  postMessage(message: ThreadMessage, transfer?: Transfer): void {
    const ports = nativePorts(transfer?.ports);
    const envelope: Envelope = [message, ...ports];
    try {
      this.native.postMessage(envelope, [...(transfer?.buffers ?? []), ...ports] as TransferListItem[]);
    } catch (error) {
      throw MessageNotCloneable.error({ what: error instanceof Error ? error.message : String(error), cause: error });
    }
  }

  onMessage(listener: MessageListener): void {
    assert(this.native.listenerCount('message') === 0, 'a port has one listener');
    this.native.on('message', (envelope: Envelope) => listener(envelope[0], wrapPorts(envelope.slice(1) as MessagePort[])));
  }

  onClose(listener: () => void): void {
    this.native.once('close', listener);
  }

  close(): void {
    this.native.close();
  }

  setKeepsAlive(keepsAlive: boolean): void {
    if (keepsAlive) this.native.ref();
    else this.native.unref();
  }
}

/** The runtime's ports under ours, to be transferred. */
export function nativePorts(ports: readonly ThreadPort[] | undefined): MessagePort[] {
  return (ports ?? NO_PORTS).map((port) => {
    assert(port instanceof NodeThreadPort, 'a port of another platform cannot be transferred');
    return port.native;
  });
}

/** Ports that arrived, as ours. */
export function wrapPorts(ports: readonly MessagePort[]): readonly ThreadPort[] {
  return ports.length === 0 ? NO_PORTS : ports.map((port) => new NodeThreadPort(port));
}

/** Two connected ports. */
export function createNodeChannel(): readonly [NodeThreadPort, NodeThreadPort] {
  const { port1, port2 } = new MessageChannel();
  return [new NodeThreadPort(port1), new NodeThreadPort(port2)];
}

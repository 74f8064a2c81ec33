import type { ThreadMessage } from '../../base/platform-threads.js';
import { MAX_BATCHES_IN_FLIGHT } from '../../runtime/channel/in-flight-limit.js';
import type { ChannelFlow } from '../invariants/limits.js';

/** First number of a message of an exchange between threads: a frame, or a credit. */
const FRAME = 0;
const CREDIT = 1;
/** Fourth byte of a frame: what it carries; 1 is a batch, which needs credit. */
const KIND_AT = 3;
const BATCH = 1;

/** A sender looks at its credit once per record of the batch it works on, so a few more may leave before it stops. */
const OVERSHOOT = 2;

/** Counts what is under way on the channels between threads, by the messages that pass. */
export class FlowWatch {
  readonly #channels: Map<string, { outstanding: number; most: number; least: number }>;
  readonly #ends: Map<object, number>;

  constructor() {
    this.#channels = new Map();
    this.#ends = new Map();
  }

  /** Told of every message. */
  saw(message: ThreadMessage, from: object, to: object): void {
    if (!Array.isArray(message) || typeof message[1] !== 'number' || !(message[2] instanceof ArrayBuffer)) return;
    if (message[0] === FRAME && new Uint8Array(message[2])[KIND_AT] === BATCH) this.#count(from, message[1], 1);
    if (message[0] === CREDIT) this.#count(to, message[1], -1);
  }

  flows(): ChannelFlow[] {
    return [...this.#channels].map(([channel, { most, least }]) => ({ channel, mostInFlight: most, limit: MAX_BATCHES_IN_FLIGHT + OVERSHOOT, leastOutstanding: least }));
  }

  #count(sender: object, channel: number, change: number): void {
    const end = this.#ends.get(sender) ?? this.#ends.size;
    this.#ends.set(sender, end);
    const name = `channel ${channel} of exchange ${end}`;
    const flow = this.#channels.get(name) ?? { outstanding: 0, most: 0, least: 0 };
    this.#channels.set(name, flow);
    flow.outstanding += change;
    flow.most = Math.max(flow.most, flow.outstanding);
    flow.least = Math.min(flow.least, flow.outstanding);
  }
}

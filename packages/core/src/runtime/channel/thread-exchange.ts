import { assert } from '../../base/assert.js';
import type { ThreadPort } from '../../base/platform-threads.js';
import type { CreditReceiver, ExchangeLink, FrameReceiver } from './exchange-link.js';

/** What travels: a frame with its channel and length, or a processed batch's credit with the buffer it came in. */
type ExchangeMessage = readonly [kind: typeof FRAME, channel: number, buffer: ArrayBuffer, length: number] | readonly [kind: typeof CREDIT, channel: number, buffer: ArrayBuffer];

const FRAME = 0;
const CREDIT = 1;

/** Buffers are made in powers of two from here, so that they fit the next batch too. */
const SMALLEST_BUFFER = 1 << 12;
/** Watermarks and barriers: not worth a buffer that comes back. */
const SMALL_FRAME = 64;
/** So many empty buffers are kept for the next batches. */
const MAX_POOLED = 32;

/**
 * The link between two threads: all channels that run between them, both ways, over one port. Buffers change hands and
 * come back with the credit, so that a running exchange makes no garbage outside the heap.
 */
export class ThreadExchange {
  readonly #port: ThreadPort;
  readonly #writers: Map<number, CreditReceiver>;
  readonly #readers: Map<number, FrameReceiver>;
  readonly #pool: ArrayBuffer[];

  constructor(port: ThreadPort) {
    this.#port = port;
    this.#writers = new Map();
    this.#readers = new Map();
    this.#pool = [];
    port.setKeepsAlive(false);
  }

  /** Begins to listen; all channels of this side are added before. */
  open(): void {
    this.#port.onMessage((message) => this.#receive(message as ExchangeMessage));
  }

  /** Adds the sending end of a channel. */
  addWriter<W extends CreditReceiver>(channel: number, make: (link: ExchangeLink) => W): W {
    const writer = make(this.#link(channel));
    this.#writers.set(channel, writer);
    return writer;
  }

  /** Adds the receiving end of a channel. */
  addReader<R extends FrameReceiver>(channel: number, make: (link: ExchangeLink) => R): R {
    const reader = make(this.#link(channel));
    this.#readers.set(channel, reader);
    return reader;
  }

  close(): void {
    this.#port.close();
  }

  #link(channel: number): ExchangeLink {
    return {
      sendFrame: (bytes) => {
        const buffer = bytes.length <= SMALL_FRAME ? new ArrayBuffer(bytes.length) : this.#take(bytes.length);
        new Uint8Array(buffer).set(bytes);
        this.#port.postMessage([FRAME, channel, buffer, bytes.length] satisfies ExchangeMessage, { buffers: [buffer] });
      },
      sendCredit: (buffer) => this.#port.postMessage([CREDIT, channel, buffer] satisfies ExchangeMessage, { buffers: [buffer] }),
    };
  }

  #receive(message: ExchangeMessage): void {
    if (message[0] === FRAME) {
      const reader = this.#readers.get(message[1]);
      assert(reader !== undefined, 'a frame belongs to a channel that ends here');
      reader.received(message[2], message[3]);
      return;
    }
    const writer = this.#writers.get(message[1]);
    assert(writer !== undefined, 'a credit belongs to a channel that begins here');
    if (message[2].byteLength > SMALL_FRAME && this.#pool.length < MAX_POOLED) this.#pool.push(message[2]);
    writer.credited();
  }

  /** A pooled buffer that is large enough, or a new one. */
  #take(bytes: number): ArrayBuffer {
    for (let index = this.#pool.length - 1; index >= 0; index--) {
      const buffer = this.#pool[index] as ArrayBuffer;
      if (buffer.byteLength < bytes) continue;
      this.#pool[index] = this.#pool.at(-1) as ArrayBuffer;
      this.#pool.pop();
      return buffer;
    }
    // None fits: the batches have grown, so the smaller ones go.
    this.#pool.pop();
    let size = SMALLEST_BUFFER;
    while (size < bytes) size *= 2;
    return new ArrayBuffer(size);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaClient } from '@kafkats/client';

const SILENT_MS = 3000;

/**
 * Reads a topic all the time with a client of another make, committed records only, and remembers what it saw. After an
 * outage of the broker it goes on behind the last record it has seen.
 */
export class CommittedReader {
  #brokers;
  #topic;
  #offsets;
  #stop = new AbortController();
  #running;
  seen = [];

  constructor(brokers, topic, partitions) {
    this.#brokers = brokers;
    this.#topic = topic;
    this.#offsets = Array.from({ length: partitions }, () => 0n);
    this.#running = this.#read();
  }

  /** Lines seen more than once, or that are not among the expected ones. */
  wrong(expected) {
    const left = new Set(expected);
    for (const line of this.seen) if (!left.delete(line)) return `a reader of committed records saw a line that is wrong or doubled: ${line}`;
    return undefined;
  }

  /** Waits until so many lines were seen; false when they do not come. */
  async sees(count, timeoutMs = 30_000) {
    for (const end = Date.now() + timeoutMs; this.seen.length < count && Date.now() < end; ) await sleep(50);
    return this.seen.length >= count;
  }

  async close() {
    this.#stop.abort();
    await this.#running;
  }

  async #read() {
    while (!this.#stop.signal.aborted) {
      const client = new KafkaClient({ clientId: 'reader', brokers: [this.#brokers], logLevel: 'silent', requestTimeoutMs: 5000 });
      const round = new AbortController();
      const end = () => round.abort();
      this.#stop.signal.addEventListener('abort', end, { once: true });
      // A consumer may wait for ever for a broker that was killed: without news for a while it is made anew.
      let last = this.seen.length;
      const watch = setInterval(() => {
        if (this.seen.length === last) end();
        last = this.seen.length;
      }, SILENT_MS);
      try {
        await client.connect();
        const consumer = client.consumer({ groupId: `${this.#topic}-reader`, isolationLevel: 'read_committed', autoOffsetReset: 'earliest', maxWaitMs: 100 });
        consumer.on?.('error', end);
        const running = consumer.runEach(this.#topic, async (message) => {
          // One that was given up may still hand something over.
          if (round.signal.aborted || message.offset < this.#offsets[message.partition]) return;
          this.#offsets[message.partition] = message.offset + 1n;
          this.seen.push(String(message.value));
        }, { signal: round.signal, commitOffsets: false, assignment: this.#offsets.map((offset, partition) => ({ topic: this.#topic, partition, offset })) });
        running.catch(() => {});
        await Promise.race([running, new Promise((resolve) => round.signal.addEventListener('abort', () => setTimeout(resolve, 1000), { once: true }))]);
      } catch {
        // The broker is away; it is tried again.
      } finally {
        clearInterval(watch);
        this.#stop.signal.removeEventListener('abort', end);
        await Promise.race([client.disconnect().catch(() => {}), sleep(1000)]);
      }
      if (!this.#stop.signal.aborted) await sleep(200);
    }
  }
}

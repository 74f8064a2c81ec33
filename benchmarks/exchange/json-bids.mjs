/** Lines of JSON that are decoded again and again; only the time of a bid goes on. */
const LINES = Array.from({ length: 20_000 }, (_, i) =>
  JSON.stringify({ auction: 1000 + ((i * 7919) % 997), bidder: 1 + ((i * 104_729) % 5003), price: 100 + ((i * 31) % 10_000), channel: `channel-${i % 7}`, url: `https://auctions.example/item/${i % 997}?from=${i % 13}`, dateTime: 1_700_000_000_000, extra: 'x'.repeat(30 + (i % 20)) }));

/** A source without an end that decodes bids from JSON, in so many splits. */
export function jsonBids(splits) {
  return {
    kind: 'json-bids',
    bounded: false,
    replayable: true,
    type: Object.freeze({ kind: 'dynamic' }),
    createEnumerator: (context) => ({
      start() {
        for (let split = 0; split < splits; split++) context.assign(split % context.parallelism, [{ id: `bids-${split}`, from: split }]);
        for (let subtask = 0; subtask < context.parallelism; subtask++) context.noMoreSplits(subtask);
      },
      splitRequested() {},
      splitsReturned() {},
      snapshot() {},
      close() {},
    }),
    createReader: () => new JsonBidsReader(splits),
  };
}

class JsonBidsReader {
  #splits;
  #held = [];
  #turn = 0;

  constructor(splits) {
    this.#splits = splits;
  }

  start() {}

  addSplits(added) {
    this.#held.push(...added.map(({ id, from }) => ({ id, at: from })));
  }

  noMoreSplits() {}

  poll(batch) {
    if (this.#held.length === 0) return 'nothing';
    const split = this.#held[this.#turn++ % this.#held.length];
    for (let i = 0; i < batch.capacity; i++) {
      const bid = JSON.parse(LINES[split.at % LINES.length]);
      bid.dateTime += split.at;
      batch.values[i] = bid;
      batch.timestamps[i] = Number.NaN;
      batch.offsets[i] = split.at;
      split.at += this.#splits;
    }
    batch.length = batch.capacity;
    batch.split = split.id;
    return 'more';
  }

  available() {
    return new Promise(() => {});
  }

  snapshot() {
    return this.#held.map(({ id, at }) => ({ id, from: at }));
  }

  activeSplits() {
    return this.#held.map(({ id }) => id);
  }

  close() {}
}

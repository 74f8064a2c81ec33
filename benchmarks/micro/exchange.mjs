import { makeBids, BID } from './bids.mjs';
import { clock, codecTransfer, LocalChannel, NodeThreadPort, ThreadChannelReader, ThreadChannelWriter, ThreadExchange } from './core.mjs';
import { LIKE_A_WORKER, versus } from './versus.mjs';

const BATCH = 1024;
const BATCHES = 150;
/** Arrays under way, as many as a channel has at the most. */
const WINDOW = 16;
const settings = { batchSize: BATCH, bufferTargetMs: 100 };
const bids = makeBids(BATCH);

/**
 * Batches through a channel: within a chain of a thread against an array that is filled and read; through the codec, and from port to port as
 * between threads (both ends in this one), against `postMessage` of arrays of as many objects.
 */
export const part = {
  title: 'exchange',
  nodeFlags: LIKE_A_WORKER,
  cases: ['within a thread', 'within a thread, through the codec', 'from port to port'],
  run(what, { smoke }) {
    const batches = smoke ? 2 : what === 'within a thread' ? BATCHES * 20 : BATCHES;
    const [yardstick, engine] = SIDES[what](batches);
    return versus({ what, operations: batches * BATCH, yardstick, engine, smoke });
  },
};

const SIDES = {
  'within a thread': (batches) => [{ name: 'array', make: () => throughArrays(batches) }, { name: 'channel', make: () => throughChannel(batches, undefined) }],
  'within a thread, through the codec': (batches) => [{ name: 'postMessage', make: () => throughPosts(batches) }, { name: 'channel', make: () => throughChannel(batches, codecTransfer(BID)) }],
  'from port to port': (batches) => [{ name: 'postMessage', make: () => throughPosts(batches) }, { name: 'channel', make: () => throughExchange(batches) }],
};

/** What the receiver sees: it looks at each record once, as a job would. */
class Receipt {
  records = 0;
  prices = 0;
  last;

  take(values, length) {
    let prices = 0;
    for (let i = 0; i < length; i++) prices += values[i].price;
    this.prices += prices;
    this.records += length;
    this.last = values[length - 1];
  }

  /** The same for a batch of a channel, whose records may be made only now. */
  takeBatch(batch) {
    let prices = 0;
    let bid = this.last;
    for (let i = 0; i < batch.length; i++) {
      bid = batch.take(i);
      prices += bid.price;
    }
    this.prices += prices;
    this.records += batch.length;
    this.last = bid;
  }

  rows(take) {
    take({ records: this.records, prices: this.prices });
    take(this.last);
  }
}

function throughArrays(batches) {
  const receipt = new Receipt();
  return {
    run() {
      for (let n = 0; n < batches; n++) {
        const batch = [];
        for (let i = 0; i < BATCH; i++) batch.push(bids[i]);
        receipt.take(batch, batch.length);
      }
    },
    rows: (take) => receipt.rows(take),
  };
}

function throughChannel(batches, transfer) {
  const receipt = new Receipt();
  const channel = new LocalChannel(BATCH, transfer);
  return {
    run() {
      for (let n = 0; n < batches; n++) {
        const batch = channel.newBatch();
        for (let i = 0; i < BATCH; i++) batch.append(bids[i], bids[i].dateTime);
        channel.sendBatch(batch);
        const { batch: received } = channel.poll();
        receipt.takeBatch(received);
        channel.release(received);
      }
    },
    rows: (take) => receipt.rows(take),
  };
}

function throughPosts(batches) {
  const receipt = new Receipt();
  return {
    run() {
      const { port1, port2 } = new MessageChannel();
      let sent = 0;
      let received = 0;
      const send = () => {
        if (sent++ < batches) port1.postMessage(bids);
      };
      return new Promise((resolve) => {
        port2.onmessage = ({ data }) => {
          receipt.take(data, data.length);
          if (++received < batches) return send();
          port1.close();
          resolve();
        };
        for (let n = 0; n < WINDOW; n++) send();
      });
    },
    rows: (take) => receipt.rows(take),
  };
}

function throughExchange(batches) {
  const receipt = new Receipt();
  return {
    async run() {
      const { port1, port2 } = new MessageChannel();
      const [sending, receiving] = [port1, port2].map((port) => new ThreadExchange(new NodeThreadPort(port)));
      const writer = sending.addWriter(0, (link) => new ThreadChannelWriter(link, { type: BID, settings, clock }));
      const reader = receiving.addReader(0, (link) => new ThreadChannelReader(link, { type: BID, settings }));
      sending.open();
      receiving.open();
      for (const port of [port1, port2]) port.ref();
      await sendAll(writer, reader, batches, receipt);
      sending.close();
    },
    rows: (take) => receipt.rows(take),
  };
}

function sendAll(writer, reader, batches, receipt) {
  const records = batches * BATCH;
  let sent = 0;
  let toCome = records;
  const send = () => {
    while (sent < records && writer.hasCredit) {
      const batch = writer.newBatch();
      for (const end = Math.min(records, sent + batch.capacity); sent < end; sent++) {
        const bid = bids[sent % BATCH];
        batch.append(bid, bid.dateTime);
      }
      writer.sendBatch(batch);
    }
  };
  return new Promise((resolve) => {
    reader.onElement(() => {
      for (let element = reader.poll(); element !== undefined; element = reader.poll()) {
        receipt.takeBatch(element.batch);
        toCome -= element.batch.length;
        reader.release(element.batch);
      }
      if (toCome === 0) resolve();
    });
    writer.onCredit(send);
    send();
  });
}

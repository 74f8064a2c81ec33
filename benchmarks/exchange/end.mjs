// One end of the exchange benchmark: a thread that sends or receives bids until the time is over.
import { parentPort, workerData } from 'node:worker_threads';
import { ThreadChannelReader } from '../../packages/core/dist/runtime/channel/thread-channel-reader.js';
import { ThreadChannelWriter } from '../../packages/core/dist/runtime/channel/thread-channel-writer.js';
import { ThreadExchange } from '../../packages/core/dist/runtime/channel/thread-exchange.js';
import { NodeThreadPort } from '../../packages/core/dist/platform/node/thread-port.js';

const BATCH = 1024;
/** Batches of objects under way, as many as a channel has at the most. */
const WINDOW = 16;
const { kind, role, port, milliseconds } = workerData;
const settings = { batchSize: BATCH, bufferTargetMs: 100 };
const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

/** The same few bids again and again: what is measured is the way, not their making. */
const BIDS = Array.from({ length: BATCH }, (_, i) => ({
  auction: 1000 + (i % 97), bidder: 1 + ((i * 31) % 5003), price: 100 + i * 3, channel: `channel-${i % 7}`, url: `https://auctions.example/item/${i % 97}`, dateTime: 1_700_000_000_000 + i, extra: 'x'.repeat(30 + (i % 20)),
}));

let received = 0;
let check = 0;
let startedAt;

const roles = { channel: { sender: sendByChannel, receiver: receiveByChannel }, objects: { sender: sendObjects, receiver: receiveObjects } };
roles[kind][role]();

function sendByChannel() {
  const exchange = new ThreadExchange(new NodeThreadPort(port));
  port.ref();
  const writer = exchange.addWriter(0, (link) => new ThreadChannelWriter(link, { type: undefined, settings, clock }));
  exchange.open();
  const send = () => {
    while (writer.hasCredit) {
      const batch = writer.newBatch();
      for (let i = 0; i < batch.capacity; i++) batch.append(BIDS[i], BIDS[i].dateTime);
      writer.sendBatch(batch);
    }
  };
  writer.onCredit(send);
  send();
}

function receiveByChannel() {
  const exchange = new ThreadExchange(new NodeThreadPort(port));
  port.ref();
  const reader = exchange.addReader(0, (link) => new ThreadChannelReader(link, { type: undefined, settings }));
  reader.onElement(() => {
    for (let element = reader.poll(); element !== undefined; element = reader.poll()) {
      const { batch } = element;
      take((i) => batch.take(i), batch.length);
      reader.release(element.batch);
    }
  });
  exchange.open();
}

function sendObjects() {
  let credits = WINDOW;
  const send = () => {
    while (credits > 0) {
      credits--;
      port.postMessage(BIDS);
    }
  };
  port.on('message', () => {
    credits++;
    send();
  });
  send();
}

function receiveObjects() {
  port.on('message', (bids) => {
    take((i) => bids[i], bids.length);
    port.postMessage(1);
  });
}

/** Looks at every record once, as a job would; the first second warms up. */
function take(recordAt, length) {
  const now = performance.now();
  startedAt ??= now;
  for (let i = 0; i < length; i++) check += recordAt(i).price;
  if (now - startedAt < 500) return;
  received += length;
  if (now - startedAt > 500 + milliseconds && check > 0) {
    parentPort.postMessage(received / ((now - startedAt - 500) / 1000));
    received = Number.NEGATIVE_INFINITY;
  }
}

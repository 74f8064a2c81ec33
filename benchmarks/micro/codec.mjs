import { BID, makeBids } from './bids.mjs';
import { BidsByHand } from './codec-by-hand.mjs';
import { batchCodecFor, ByteReader, ByteWriter, codecFor, RecordBatch } from './core.mjs';
import { LIKE_A_WORKER, versus } from './versus.mjs';

const BATCH = 1024;
const ROUNDS = 100;
const bids = makeBids(BATCH);
const times = Float64Array.from(bids, (bid) => bid.dateTime);

/** Bids as bytes and back: one by one, as in state, against code for this one type; in columns, as between threads, against JSON. */
export const part = {
  title: 'codec',
  nodeFlags: LIKE_A_WORKER,
  cases: ['encode a record', 'decode a record', 'encode a batch', 'decode a batch'],
  run(what, { smoke }) {
    const rounds = smoke ? 1 : ROUNDS;
    const [yardstick, engine] = SIDES[what](rounds);
    return versus({ what, operations: rounds * BATCH, yardstick, engine, smoke });
  },
};

const SIDES = {
  'encode a record': (rounds) => [{ name: 'by hand', make: () => encodingByHand(rounds) }, { name: 'codec', make: () => encodingRecords(rounds) }],
  'decode a record': (rounds) => [{ name: 'by hand', make: () => decodingByHand(rounds) }, { name: 'codec', make: () => decodingRecords(rounds) }],
  'encode a batch': (rounds) => [{ name: 'JSON', make: () => encodingJson(rounds) }, { name: 'codec', make: () => encodingBatches(rounds) }],
  'decode a batch': (rounds) => [{ name: 'JSON', make: () => decodingJson(rounds) }, { name: 'codec', make: () => decodingBatches(rounds) }],
};

function encodingByHand(rounds) {
  const hand = new BidsByHand();
  return {
    run() {
      for (let round = 0; round < rounds; round++) {
        hand.reset();
        for (let i = 0; i < BATCH; i++) hand.write(bids[i]);
      }
    },
    rows(take) {
      hand.reset();
      for (let i = 0; i < BATCH; i++) take(hand.read());
    },
  };
}

function encodingRecords(rounds) {
  const codec = codecFor(BID);
  const writer = new ByteWriter(1 << 20);
  return {
    run() {
      for (let round = 0; round < rounds; round++) {
        writer.reset();
        for (let i = 0; i < BATCH; i++) codec.encode(bids[i], writer);
      }
    },
    rows(take) {
      const reader = new ByteReader(writer.toBytes());
      for (let i = 0; i < BATCH; i++) take(codec.decode(reader));
    },
  };
}

function decodingByHand(rounds) {
  const hand = new BidsByHand();
  for (const bid of bids) hand.write(bid);
  const out = new Array(BATCH);
  return {
    run() {
      for (let round = 0; round < rounds; round++) {
        hand.reset();
        for (let i = 0; i < BATCH; i++) out[i] = hand.read();
      }
    },
    rows: (take) => out.forEach(take),
  };
}

function decodingRecords(rounds) {
  const codec = codecFor(BID);
  const writer = new ByteWriter();
  for (const bid of bids) codec.encode(bid, writer);
  const bytes = writer.toBytes();
  const reader = new ByteReader(bytes);
  const out = new Array(BATCH);
  return {
    run() {
      for (let round = 0; round < rounds; round++) {
        reader.reset(bytes);
        for (let i = 0; i < BATCH; i++) out[i] = codec.decode(reader);
      }
    },
    rows: (take) => out.forEach(take),
  };
}

function encodingJson(rounds) {
  let text = '';
  return {
    run() {
      for (let round = 0; round < rounds; round++) text = JSON.stringify(bids);
    },
    rows: (take) => JSON.parse(text).forEach(take),
  };
}

function encodingBatches(rounds) {
  const codec = batchCodecFor(BID);
  const writer = new ByteWriter(1 << 20);
  return {
    run() {
      for (let round = 0; round < rounds; round++) {
        writer.reset();
        codec.encodeBatch(bids, 0, BATCH, times, writer);
      }
    },
    rows(take) {
      const batch = new RecordBatch(BATCH);
      codec.decodeBatch(new ByteReader(writer.toBytes()), batch);
      batch.values.forEach(take);
    },
  };
}

function decodingJson(rounds) {
  const text = JSON.stringify(bids);
  let out = [];
  return {
    run() {
      for (let round = 0; round < rounds; round++) out = JSON.parse(text);
    },
    rows: (take) => out.forEach(take),
  };
}

function decodingBatches(rounds) {
  const codec = batchCodecFor(BID);
  const writer = new ByteWriter();
  codec.encodeBatch(bids, 0, BATCH, times, writer);
  const bytes = writer.toBytes();
  const reader = new ByteReader(bytes);
  const batch = new RecordBatch(BATCH);
  return {
    run() {
      for (let round = 0; round < rounds; round++) {
        reader.reset(bytes);
        batch.clear();
        codec.decodeBatch(reader, batch);
      }
    },
    rows: (take) => batch.values.forEach(take),
  };
}

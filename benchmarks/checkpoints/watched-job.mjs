// Totals by user at full speed, in a worker thread that watches its own pauses and tells them when it is asked.
import { BroadcastChannel } from 'node:worker_threads';
import { engine } from '../lib/engine.mjs';
import { GatedSource } from './gated-source.mjs';
import { KeyedRecords } from './keyed-records.mjs';
import { PauseWatch } from './pause-watch.mjs';
import { totals } from './totals.mjs';

const { arg, defineJob } = engine;

/** The part of the users that is touched changes after so many records. */
const STRETCH = 500_000;

export default defineJob({
  name: 'watched-totals',
  args: { users: arg.number(), touched: arg.number() },
  build(env, { users, touched }) {
    const records = new KeyedRecords(users);
    let made = 0;
    const gate = new GatedSource(() => {
      // In the thread that has the records: the job is built in that of a spare worker, too.
      if (made === 0) tellPauses();
      if (made++ % STRETCH === 0 && made > users) records.moveOn(touched);
      return records.next();
    });
    void gate.give(Infinity);
    totals(env, gate.source);
  },
});

function tellPauses() {
  const watch = new PauseWatch();
  const channel = new BroadcastChannel('pauses');
  channel.onmessage = async ({ data }) => {
    if (data !== 'stop') return;
    channel.postMessage(await watch.stop());
    channel.close();
  };
}

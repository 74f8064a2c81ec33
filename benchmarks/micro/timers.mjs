import { generator } from '../pipeline/sales.mjs';
import { heapBackend, t } from './core.mjs';
import { HandHeap } from './hand-heap.mjs';
import { LIKE_A_WORKER, versus } from './versus.mjs';

const TIMERS = 100_000;
/** Sides that one slice fills or empties. */
const REPEATS = 5;
const KEYS = 20_000;
const FIRST_TIME = 1_700_000_000_000;
const SPREAD_MS = 60_000;

/** Event-time timers of 20,000 keys within a minute, against a binary heap of objects. A timer of a key and a time is registered once on both sides. */
export const part = {
  title: 'timers',
  nodeFlags: LIKE_A_WORKER,
  cases: ['register', 'fire'],
  run(what, { smoke }) {
    const timers = makeTimers(smoke ? 2_000 : TIMERS);
    const make = { register: registering, fire: firing }[what];
    return versus({ what, operations: timers.length * REPEATS, yardstick: { name: 'heap', make: () => make(timers, heapSide) }, engine: { name: 'timers', make: () => make(timers, engineSide) }, smoke });
  },
};

/** No two of the same key and time: a heap by hand would not see that they are one. */
function makeTimers(count) {
  const random = generator(11);
  const known = new Set();
  const timers = [];
  while (timers.length < count) {
    const timer = { key: random(KEYS), time: FIRST_TIME + random(SPREAD_MS) };
    if (known.has(timer.key * SPREAD_MS + timer.time)) continue;
    known.add(timer.key * SPREAD_MS + timer.time);
    timers.push(timer);
  }
  return timers;
}

/** Both sides say the same: register all, and fire all in steps of 100 ms, as watermarks come. */
function heapSide(take) {
  const heap = new HandHeap();
  return {
    register(timers) {
      for (let i = 0; i < timers.length; i++) heap.register(timers[i].key, timers[i].time);
    },
    fire: (limit) => heap.fire(limit, take),
  };
}

function engineSide(take) {
  const backend = heapBackend(t.number);
  const timers = backend.timers('timers', (domain, time) => take({ key: backend.currentKey(), time }));
  const always = () => true;
  return {
    register(list) {
      for (let i = 0; i < list.length; i++) {
        backend.setCurrentKey(list[i].key);
        timers.registerEventTime(list[i].time, null);
      }
    },
    fire(limit) {
      timers.fireEventTime(limit, always);
    },
  };
}

/** Every slice fills empty sides; what is registered in the last one is fired to see it. */
function registering(timers, sideOf) {
  let side;
  let look = () => {};
  return {
    run() {
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        side = sideOf((timer) => look(timer));
        side.register(timers);
      }
    },
    rows(take) {
      look = ({ key, time }) => take({ key, time });
      fireAll(side);
    },
  };
}

function firing(timers, sideOf) {
  let sides;
  let taker = () => {};
  return {
    prepare() {
      sides = Array.from({ length: REPEATS }, () => sideOf((timer) => taker(timer)));
      for (const side of sides) side.register(timers);
    },
    run(take) {
      for (const side of sides) {
        let last = FIRST_TIME;
        taker = ({ key, time }) => {
          if (time < last) throw new Error('a timer has fired before an earlier one');
          last = time;
          take({ key, time });
        };
        fireAll(side);
      }
      sides = [];
    },
  };
}

function fireAll(side) {
  for (let limit = FIRST_TIME; limit <= FIRST_TIME + SPREAD_MS; limit += 100) side.fire(limit);
}

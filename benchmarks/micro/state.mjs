import { generator } from '../pipeline/sales.mjs';
import { heapBackend, state, t } from './core.mjs';
import { LIKE_A_WORKER, versus } from './versus.mjs';

const UPDATES = 300_000;
const KEYS = 20_000;
const CENTS = 10_000;
/** A list is emptied when it has so many elements. */
const LONGEST = 16;
const TOTAL = t.struct({ count: t.number, sum: t.number });

/** Read, change, write back, with the key set for each record as an operator does it, against a plain `Map`. */
export const part = {
  title: 'state',
  nodeFlags: LIKE_A_WORKER,
  cases: ['value, key repeated', 'value, random keys', 'value, string keys', 'value, pairs as keys', 'map', 'list'],
  run(what, { smoke }) {
    const updates = smoke ? 5_000 : UPDATES;
    const { keys, keyType, hand, engine } = CASES[what];
    const work = makeWork(updates, keys);
    return versus({
      what,
      operations: updates,
      yardstick: { name: 'Map', make: () => hand(work) },
      engine: { name: 'state', make: () => engine(work, heapBackend(keyType)) },
      smoke,
    });
  },
};

const CASES = {
  // Eight records of one key after the other, as from a source that is sorted by it.
  'value, key repeated': { keys: (i) => ((i >> 3) * 7919) % KEYS, keyType: t.number, hand: valuesInMap, engine: valuesInState },
  'value, random keys': { keys: (_, random) => random(KEYS), keyType: t.number, hand: valuesInMap, engine: valuesInState },
  'value, string keys': { keys: (_, random) => `user-${random(KEYS)}`, keyType: t.string, hand: valuesInMap, engine: valuesInState },
  'value, pairs as keys': { keys: (_, random) => [random(200), random(100)], keyType: t.tuple(t.number, t.number), hand: valuesInNestedMaps, engine: valuesInState },
  'map': { keys: (_, random) => random(200), keyType: t.number, hand: mapsInMap, engine: mapState },
  'list': { keys: (_, random) => random(KEYS), keyType: t.number, hand: listsInMap, engine: listState },
};

function makeWork(updates, keyOf) {
  const random = generator(5);
  const keys = Array.from({ length: updates }, (_, i) => keyOf(i, random));
  return { keys, cents: Array.from(keys, () => random(CENTS)), fields: Array.from(keys, () => random(100)) };
}

function valuesInMap({ keys, cents }) {
  const totals = new Map();
  return {
    run() {
      for (let i = 0; i < keys.length; i++) {
        const total = totals.get(keys[i]) ?? { count: 0, sum: 0 };
        total.count++;
        total.sum += cents[i];
        totals.set(keys[i], total);
      }
    },
    rows: (take) => totals.forEach((total, key) => take({ key, ...total })),
  };
}

function valuesInNestedMaps({ keys, cents }) {
  const totals = new Map();
  return {
    run() {
      for (let i = 0; i < keys.length; i++) {
        const [first, second] = keys[i];
        let inner = totals.get(first);
        if (inner === undefined) totals.set(first, (inner = new Map()));
        const total = inner.get(second) ?? { count: 0, sum: 0 };
        total.count++;
        total.sum += cents[i];
        inner.set(second, total);
      }
    },
    rows: (take) => totals.forEach((inner, first) => inner.forEach((total, second) => take({ key: [first, second], ...total }))),
  };
}

function valuesInState({ keys, cents }, backend) {
  const totals = backend.keyedState('totals', state.value(TOTAL));
  return {
    run() {
      for (let i = 0; i < keys.length; i++) {
        backend.setCurrentKey(keys[i]);
        const total = totals.value() ?? { count: 0, sum: 0 };
        total.count++;
        total.sum += cents[i];
        totals.update(total);
      }
    },
    rows: (take) => backend.forEachKey('totals', (key) => take({ key, ...totals.value() })),
  };
}

function mapsInMap({ keys, cents, fields }) {
  const sums = new Map();
  return {
    run() {
      for (let i = 0; i < keys.length; i++) {
        let inner = sums.get(keys[i]);
        if (inner === undefined) sums.set(keys[i], (inner = new Map()));
        inner.set(fields[i], (inner.get(fields[i]) ?? 0) + cents[i]);
      }
    },
    rows: (take) => sums.forEach((inner, key) => inner.forEach((sum, field) => take({ key, field, sum }))),
  };
}

function mapState({ keys, cents, fields }, backend) {
  const sums = backend.keyedState('sums', state.map(t.number, t.number));
  return {
    run() {
      for (let i = 0; i < keys.length; i++) {
        backend.setCurrentKey(keys[i]);
        sums.put(fields[i], (sums.get(fields[i]) ?? 0) + cents[i]);
      }
    },
    rows: (take) =>
      backend.forEachKey('sums', (key) => {
        for (const [field, sum] of sums.entries()) take({ key, field, sum });
      }),
  };
}

function listsInMap({ keys, cents }) {
  const lists = new Map();
  return {
    run() {
      for (let i = 0; i < keys.length; i++) {
        let list = lists.get(keys[i]);
        if (list === undefined || list.length === LONGEST) lists.set(keys[i], (list = []));
        list.push(cents[i]);
      }
    },
    rows: (take) => lists.forEach((list, key) => take({ key, list })),
  };
}

function listState({ keys, cents }, backend) {
  const lists = backend.keyedState('lists', state.list(t.number));
  return {
    run() {
      for (let i = 0; i < keys.length; i++) {
        backend.setCurrentKey(keys[i]);
        if (lists.size === LONGEST) lists.clear();
        lists.add(cents[i]);
      }
    },
    rows: (take) => backend.forEachKey('lists', (key) => take({ key, list: [...lists.get()] })),
  };
}

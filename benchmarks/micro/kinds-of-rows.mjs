import { state, t } from './core.mjs';

const FIRST_TIME = 1_700_000_000_000;
const WINDOWS = 4;
const WINDOW_MS = 60_000;
const FIELDS = 10;
const TOTAL = t.struct({ count: t.number, sum: t.number });
const totalOf = (n) => ({ count: n % 100, sum: n * 3 });

/**
 * What a snapshot is taken of, kind by kind. Each fills a backend and rows by hand with the same, and says how a row reads from either;
 * by hand a row of a window, a map or a timer has a pair as its value.
 */
export const KINDS = {
  'values by string key': {
    keyType: t.string,
    handType: TOTAL,
    declare: (backend) => backend.keyedState('totals', state.value(TOTAL)),
    fill(backend, totals, n) {
      backend.setCurrentKey(`user-${n}`);
      totals.update(totalOf(n));
    },
    fillHand: (hand, n) => hand.set(`user-${n}`, totalOf(n)),
    rows: (backend, totals, take) => backend.forEachKey('totals', (key) => take({ key, value: totals.value() })),
  },
  'values by int key': {
    keyType: t.number,
    handType: TOTAL,
    declare: (backend) => backend.keyedState('totals', state.value(TOTAL)),
    fill(backend, totals, n) {
      backend.setCurrentKey(n);
      totals.update(totalOf(n));
    },
    fillHand: (hand, n) => hand.set(n, totalOf(n)),
    rows: (backend, totals, take) => backend.forEachKey('totals', (key) => take({ key, value: totals.value() })),
  },
  'maps': {
    keyType: t.number,
    handType: t.map(t.number, t.number),
    declare: (backend) => backend.keyedState('sums', state.map(t.number, t.number)),
    fill(backend, sums, n) {
      backend.setCurrentKey(Math.floor(n / FIELDS));
      sums.put(n % FIELDS, n);
    },
    fillHand(hand, n) {
      if (n % FIELDS === 0) hand.set(n / FIELDS, new Map(Array.from({ length: FIELDS }, (_, field) => [field, n + field])));
    },
    rows: (backend, sums, take) => backend.forEachKey('sums', (key) => take({ key, value: [...sums.entries()] })),
  },
  'windows': {
    keyType: t.number,
    handType: t.struct({ end: t.number, total: TOTAL }),
    declare: (backend) => backend.windowTable('windows', TOTAL),
    fill: (_, windows, n) => windows.pane(FIRST_TIME + (n % WINDOWS) * WINDOW_MS, FIRST_TIME + (n % WINDOWS + 1) * WINDOW_MS).insert(n, totalOf(n)),
    fillHand: (hand, n) => hand.set(n, { end: FIRST_TIME + (n % WINDOWS + 1) * WINDOW_MS, total: totalOf(n) }),
    rows(_, windows, take) {
      for (const pane of windows.panes()) {
        for (let slot = 0; slot < pane.slotLimit; slot++) if (pane.keyAt(slot) !== undefined) take({ key: pane.keyAt(slot), value: { end: pane.end, total: pane.values[slot] } });
      }
    },
  },
  'timers': {
    keyType: t.number,
    handType: t.number,
    declare(backend) {
      const fired = { take: () => {} };
      fired.timers = backend.timers('timers', (domain, time) => fired.take({ key: backend.currentKey(), value: time }));
      return fired;
    },
    fill(backend, { timers }, n) {
      backend.setCurrentKey(n);
      timers.registerEventTime(FIRST_TIME + ((n * 7919) % WINDOW_MS), null);
    },
    fillHand: (hand, n) => hand.set(n, FIRST_TIME + ((n * 7919) % WINDOW_MS)),
    rows(_, fired, take) {
      fired.take = take;
      fired.timers.fireEventTime(Infinity, () => true);
    },
  },
};

/** Values that JSON does not show are made plain. */
export function plainRow({ key, value }) {
  return { key, value: JSON.stringify(value instanceof Map ? [...value] : value) };
}

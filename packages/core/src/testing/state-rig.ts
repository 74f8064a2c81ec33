/** The backend side of the model test: one subtask with every kind of state. */
import { t, type } from '../record/types/t.js';
import { mapKey } from '../record/map-key.js';
import { keyGroupOf } from '../record/key-hash.js';
import type { Namespace, Pane, StateBackend, Timers, WindowTable } from '../state/backend.js';
import type { AggregatingState, BroadcastState, ListState, MapState, OperatorListState, ReducingState, ValueState } from '../state/handles.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { state } from '../state/state-builders.js';

/** How the backends of a model test are made. */
export interface RigOptions {
  readonly check?: boolean;
  readonly incremental?: boolean;
}

/** One random operation: which, and two small numbers. */
export interface Operation {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
}

/** What the value state holds: an object that is changed in place. */
export interface Counter {
  count: number;
  log: number[];
}

/** Time to live of the expiring states, in milliseconds. */
export const TTL_MS = 40;
const AGGREGATE = {
  create: (): { sum: number } => ({ sum: 0 }),
  add(accumulator: { sum: number }, value: number): void {
    accumulator.sum += value;
  },
  result: (accumulator: { sum: number }): number => accumulator.sum,
};

/** The window of a small number. */
export function windowOf(a: number): Namespace {
  return { start: a * 10 - 20, end: a * 10 };
}

/** What the timer handlers of both sides do: timers register and delete timers. */
export function timerReaction(time: number): { readonly register: readonly number[]; readonly remove: readonly number[] } {
  return { register: time % 5 === 0 ? [time + 3, time - 2] : time % 7 === 0 ? [time] : [], remove: time % 3 === 0 ? [time + 1] : [] };
}

/** One subtask. */
export class StateRig {
  readonly backend: StateBackend;
  readonly timers: Timers;
  watermark: number;
  #fired: string[];
  /** Handlers react to a time once, so that `time % 7` does not go round for ever. */
  readonly #reacted: Set<string>;
  readonly #value: ValueState<Counter>;
  readonly #short: ValueState<number>;
  readonly #list: ListState<number>;
  readonly #shortList: ListState<number>;
  readonly #map: MapState<string, Counter>;
  readonly #shortMap: MapState<string, number>;
  readonly #reducing: ReducingState<number>;
  readonly #aggregating: AggregatingState<number, number>;
  readonly #windowed: ValueState<number>;
  readonly #windows: WindowTable<Counter>;
  readonly #broadcast: BroadcastState<string, number>;
  readonly #ownList: OperatorListState<string>;
  readonly #union: OperatorListState<number>;

  constructor(backend: StateBackend, snapshots: readonly OperatorSnapshot[], maxParallelism: number) {
    this.backend = backend;
    this.watermark = 0;
    this.#fired = [];
    this.#reacted = new Set();
    if (snapshots.length > 0) backend.restore(snapshots);
    const counter = t.struct({ count: t.number, log: t.list(t.number) });
    this.#value = backend.keyedState('value', state.value(counter));
    this.#short = backend.keyedState('short', state.value(t.number, { ttl: TTL_MS }));
    this.#list = backend.keyedState('list', state.list(t.number));
    this.#shortList = backend.keyedState('shortList', state.list(t.number, { ttl: TTL_MS }));
    this.#map = backend.keyedState('map', state.map(t.string, counter));
    this.#shortMap = backend.keyedState('shortMap', state.map(t.string, t.number, { ttl: { after: TTL_MS, renewedBy: 'readAndWrite' } }));
    this.#reducing = backend.keyedState('reducing', state.reducing(t.number, (left, right) => left + right));
    this.#aggregating = backend.keyedState('aggregating', state.aggregating(type<{ sum: number }>(), AGGREGATE));
    this.#windowed = backend.keyedState('windowed', state.value(t.number), { namespaced: true });
    this.#windows = backend.windowTable('windows', counter);
    this.#broadcast = backend.broadcast('broadcast', state.broadcast(t.string, t.number));
    this.#ownList = backend.operatorList('own', t.string, 'list');
    this.#union = backend.operatorList('union', t.number, 'union');
    this.timers = backend.timers('timers', (domain, time, namespace) => {
      const key = backend.currentKey();
      this.#fired.push(`${time} ${keyGroupOf(key, maxParallelism)} ${String(mapKey(key))} ${namespace === null ? '' : namespace.start}`);
      const mark = `${domain} ${time} ${String(mapKey(key))} ${typeof key} ${namespace === null ? '' : namespace.start}`;
      if (this.#reacted.has(mark)) return;
      this.#reacted.add(mark);
      const { register, remove } = timerReaction(time);
      for (const next of register) if (domain === 'event') this.timers.registerEventTime(next, namespace); else this.timers.registerProcessingTime(next, namespace);
      for (const next of remove) if (domain === 'event') this.timers.deleteEventTime(next, namespace); else this.timers.deleteProcessingTime(next, namespace);
    });
  }

  change(key: unknown, { kind, a, b }: Operation): void {
    this.backend.setCurrentKey(key);
    const window = windowOf(a);
    if (kind < 3) this.#changeValue(a, b);
    else if (kind === 3) this.#value.update(a === 0 ? null : { count: b, log: [] });
    else if (kind === 4) this.#short.update(b);
    else if (kind === 5) this.#list.add(b);
    else if (kind === 6) this.#list.addAll(Array.from({ length: b * 4 }, (_, at) => at));
    else if (kind === 7) this.#list.update(a === 0 ? [] : [b, a]);
    else if (kind === 8) this.#shortList.add(b);
    else if (kind < 11) this.#map.put(`k${b % 6}`, { count: a, log: [b] });
    else if (kind === 11) this.#changeMap(b);
    else if (kind === 12) this.#map.remove(`k${b % 6}`);
    else if (kind === 13) this.#fillMap(a, b);
    else if (kind === 14) this.#shortMap.put(`k${a}`, b);
    else if (kind === 15) this.#shortMap.get(`k${a}`);
    else if (kind === 16) this.#reducing.add(b);
    else if (kind === 17) this.#aggregating.add(b);
    else if (kind === 18) this.#clearSome(a);
    else if (kind === 19) this.#windowedUpdate(window, a === 4 ? null : b);
    else if (kind < 22) this.#changePane(key, window, b);
    else if (kind === 22) this.#dropPane(key, window, b);
    else if (kind === 23) this.#changeTimer(a, b, window);
    else if (kind === 24) this.#changeLists(a, b);
    else this.changeBroadcast({ kind, a, b });
  }

  /** What happens in every subtask alike: broadcast elements, and windows that close. */
  changeBroadcast({ a, b }: Operation): void {
    if (b >= 34) {
      const window = windowOf(a);
      const pane = this.#windows.existingPane(window.start, window.end);
      if (pane !== undefined) this.#windows.dropPane(pane);
    } else if (b === 0) this.#broadcast.clear();
    else if (b < 8) this.#broadcast.remove(`r${a}`);
    else this.#broadcast.put(`r${a}`, b);
  }

  fire(domain: 'event' | 'processing', limit: number, mayContinue: () => boolean, rest: () => void): string[] {
    this.#fired = [];
    this.#reacted.clear();
    if (domain === 'event') this.watermark = limit;
    for (;;) {
      const progress = domain === 'event' ? this.timers.fireEventTime(limit, mayContinue) : this.timers.fireProcessingTime(limit, mayContinue);
      if (progress === 'done') return this.#fired;
      rest();
    }
  }

  /** Everything that is kept for a key, in a form that can be compared. */
  dump(key: unknown): unknown {
    this.backend.setCurrentKey(key);
    const windowed = [0, 1, 2, 3, 4].map((a) => {
      this.backend.setCurrentNamespace(windowOf(a));
      return this.#windowed.value() ?? null;
    });
    this.backend.setCurrentNamespace(null);
    return {
      value: this.#value.value() ?? null,
      short: this.#short.value() ?? null,
      list: [...this.#list.get()],
      listSize: this.#list.size,
      shortList: [...this.#shortList.get()],
      map: [...this.#map.entries()].toSorted(byName),
      mapSize: this.#map.size,
      shortMap: [...this.#shortMap.keys()].toSorted(),
      empty: this.#shortMap.isEmpty(),
      reducing: this.#reducing.get() ?? null,
      aggregating: this.#aggregating.get() ?? null,
      windowed,
      windows: [0, 1, 2, 3, 4].map((a) => this.#peek(key, windowOf(a))),
    };
  }

  dumpOperatorState(): unknown {
    return { broadcast: [...this.#broadcast.entries()].toSorted(byName), own: [...this.#ownList.get()].toSorted(), union: [...this.#union.get()].toSorted((x, y) => x - y) };
  }

  #changeValue(a: number, b: number): void {
    const counter = this.#value.value();
    if (counter === undefined) {
      this.#value.update({ count: b, log: [a] });
      return;
    }
    counter.count += b;
    counter.log.push(a);
    this.#value.update(counter);
  }

  #changeMap(b: number): void {
    const counter = this.#map.get(`k${b % 6}`);
    if (counter === undefined) return;
    counter.count++;
    counter.log.push(b);
    this.#map.put(`k${b % 6}`, counter);
  }

  #fillMap(a: number, b: number): void {
    if (a === 0) for (const name of [...this.#map.keys()]) this.#map.remove(name);
    else for (let at = 0; at < b * 3; at++) this.#map.put(`f${at}`, { count: at, log: [] });
  }

  #clearSome(a: number): void {
    if (a === 0) this.#value.clear();
    else if (a === 1) this.#list.clear();
    else if (a === 2) this.#map.clear();
    else if (a === 3) this.#reducing.clear();
    else this.#aggregating.clear();
  }

  #windowedUpdate(window: Namespace, value: number | null): void {
    this.backend.setCurrentNamespace(window);
    this.#windowed.update(value);
    this.backend.setCurrentNamespace(null);
  }

  #changePane(key: unknown, window: Namespace, b: number): void {
    const pane: Pane<Counter> = this.#windows.pane(window.start, window.end);
    const slot = pane.slot(key);
    if (slot < 0) {
      pane.insert(key, { count: b, log: [] });
    } else {
      pane.touch(slot);
      pane.values[slot]!.count += b;
    }
  }

  #dropPane(key: unknown, window: Namespace, b: number): void {
    const pane = this.#windows.existingPane(window.start, window.end);
    if (pane === undefined) return;
    pane.remove(key);
    if (b < 20 && pane.size === 0) this.#windows.dropPane(pane);
  }

  #changeTimer(a: number, b: number, window: Namespace): void {
    const namespace = a % 2 === 0 ? null : window;
    if (b % 4 === 0) this.timers.deleteEventTime(b, namespace);
    else if (b % 4 === 1) this.timers.registerProcessingTime(1_000_000 + b * 2, namespace);
    else this.timers.registerEventTime(b + (a === 3 ? 3000 : 0), namespace);
    if (b === 5) this.timers.deleteProcessingTime(1_000_010, namespace);
  }

  #changeLists(a: number, b: number): void {
    if (a < 2) this.#ownList.add(`e${b}`);
    else if (a === 2) this.#union.add(b);
    else if (a === 3) this.#ownList.update([`u${b}`]);
    else this.#union.clear();
  }

  #peek(key: unknown, window: Namespace): number | null {
    const pane = this.#windows.existingPane(window.start, window.end);
    const slot = pane?.slot(key) ?? -1;
    return slot < 0 ? null : pane!.values[slot]!.count;
  }
}

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
}

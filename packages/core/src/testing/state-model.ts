/** The obvious side of the model test: plain maps, copied whole for a snapshot. */
import { keyGroupOf } from '../record/key-hash.js';
import { mapKey, type MapKey } from '../record/map-key.js';
import type { Clock } from '../base/platform.js';
import { type Counter, type Operation, timerReaction, TTL_MS, windowOf } from './state-rig.js';

const MAX_PARALLELISM = 7;

/** A timer as the model keeps it. */
export interface TimerModel {
  readonly key: unknown;
  readonly domain: 'event' | 'processing';
  readonly time: number;
  readonly window: number | null;
  readonly sequence: number;
}

interface Timed {
  readonly value: number;
  time: number;
}

/** What one key has. */
interface KeyModel {
  value: Counter | null;
  short: Timed | null;
  list: number[];
  shortList: Timed[];
  map: Record<string, Counter>;
  shortMap: Record<string, Timed>;
  reducing: number | null;
  aggregating: number | null;
  windowed: (number | null)[];
  windows: (number | null)[];
}

interface ModelData {
  keys: Map<MapKey, KeyModel>;
  timers: TimerModel[];
  sequence: number;
  broadcast: Record<string, number>;
  own: string[][];
  union: number[][];
}

/** All state of the model's job. */
export class StateModel {
  readonly #clock: Clock;
  readonly #data: ModelData;
  #subtasks: number;

  constructor(clock: Clock, data?: ModelData) {
    this.#clock = clock;
    this.#data = data ?? { keys: new Map(), timers: [], sequence: 0, broadcast: {}, own: [], union: [] };
    this.#subtasks = 1;
  }

  copy(): StateModel {
    const copy = new StateModel(this.#clock, structuredClone(this.#data));
    copy.#subtasks = this.#subtasks;
    return copy;
  }

  /** The model starts with so many subtasks. */
  startWith(parallelism: number): void {
    this.#subtasks = parallelism;
  }

  /** The model after a restore into so many subtasks. */
  rescaled(parallelism: number): StateModel {
    const copy = this.copy();
    const data = copy.#data;
    const before = this.#subtasks;
    const own = Array.from({ length: before }, (_, at) => data.own[at] ?? []);
    const all = own.flat();
    data.own = before === parallelism ? own : Array.from({ length: parallelism }, (_, subtask) => all.filter((_element, at) => at % parallelism === subtask));
    const union = Array.from({ length: before }, (_, at) => data.union[at] ?? []).flat();
    data.union = Array.from({ length: parallelism }, () => [...union]);
    copy.#subtasks = parallelism;
    return copy;
  }

  change(key: unknown, { kind, a, b }: Operation, subtask: number): void {
    const data = this.#data;
    const of = this.#key(key);
    const now = this.#clock.now();
    if (kind < 3) of.value = of.value === null ? { count: b, log: [a] } : { count: of.value.count + b, log: [...of.value.log, a] };
    else if (kind === 3) of.value = a === 0 ? null : { count: b, log: [] };
    else if (kind === 4) of.short = { value: b, time: now };
    else if (kind === 5) of.list.push(b);
    else if (kind === 6) for (let at = 0; at < b * 4; at++) of.list.push(at);
    else if (kind === 7) of.list = a === 0 ? [] : [b, a];
    else if (kind === 8) of.shortList.push({ value: b, time: now });
    else if (kind < 11) of.map[`k${b % 6}`] = { count: a, log: [b] };
    else if (kind === 11) {
      const counter = of.map[`k${b % 6}`];
      if (counter !== undefined) of.map[`k${b % 6}`] = { count: counter.count + 1, log: [...counter.log, b] };
    } else if (kind === 12) delete of.map[`k${b % 6}`];
    else if (kind === 13) {
      if (a === 0) of.map = {};
      else for (let at = 0; at < b * 3; at++) of.map[`f${at}`] = { count: at, log: [] };
    } else if (kind === 14) of.shortMap[`k${a}`] = { value: b, time: now };
    else if (kind === 15) this.#renew(of, `k${a}`);
    else if (kind === 16) of.reducing = (of.reducing ?? 0) + b;
    else if (kind === 17) of.aggregating = (of.aggregating ?? 0) + b;
    else if (kind === 18) this.#clear(of, a);
    else if (kind === 19) of.windowed[a] = a === 4 ? null : b;
    else if (kind < 22) of.windows[a] = (of.windows[a] ?? 0) + b;
    else if (kind === 22) of.windows[a] = null;
    else if (kind === 23) this.#changeTimer(key, a, b);
    else if (kind === 24) this.#changeLists(subtask, a, b);
    else if (b >= 34) for (const each of data.keys.values()) each.windows[a] = null;
    else if (b === 0) data.broadcast = {};
    else if (b < 8) delete data.broadcast[`r${a}`];
    else data.broadcast[`r${a}`] = b;
  }

  fire(domain: 'event' | 'processing', limit: number, owns: (timer: TimerModel) => boolean): string[] {
    const fired: string[] = [];
    const reacted = new Set<string>();
    for (;;) {
      const due = this.#data.timers.filter((timer) => timer.domain === domain && timer.time <= limit && owns(timer));
      if (due.length === 0) return fired;
      due.sort((left, right) => left.time - right.time || groupOf(left) - groupOf(right) || left.sequence - right.sequence);
      const timer = due[0]!;
      this.#data.timers = this.#data.timers.filter((other) => other !== timer);
      const { key, time, window } = timer;
      const name = window === null ? '' : windowOf(window).start;
      fired.push(`${time} ${groupOf(timer)} ${String(mapKey(key))} ${name}`);
      const mark = `${time} ${String(mapKey(key))} ${typeof key} ${name}`;
      if (reacted.has(mark)) continue;
      reacted.add(mark);
      const { register, remove } = timerReaction(time);
      for (const next of register) this.#register(key, domain, next, window);
      for (const next of remove) this.#unregister(key, domain, next, window);
    }
  }

  get timerCount(): number {
    return this.#data.timers.length;
  }

  earliest(domain: 'event' | 'processing', owns: (timer: TimerModel) => boolean): number {
    return Math.min(...this.#data.timers.filter((timer) => timer.domain === domain && owns(timer)).map((timer) => timer.time));
  }

  dump(key: unknown): unknown {
    const of = this.#key(key);
    const live = (timed: Timed): boolean => timed.time + TTL_MS > this.#clock.now();
    for (const name of Object.keys(of.shortMap)) this.#renew(of, name);
    return {
      value: of.value,
      short: of.short !== null && live(of.short) ? of.short.value : null,
      list: of.list,
      listSize: of.list.length,
      shortList: of.shortList.filter(live).map((timed) => timed.value),
      map: Object.entries(of.map).toSorted(byName),
      mapSize: Object.keys(of.map).length,
      shortMap: Object.keys(of.shortMap).toSorted(),
      empty: Object.keys(of.shortMap).length === 0,
      reducing: of.reducing,
      aggregating: of.aggregating,
      windowed: of.windowed,
      windows: of.windows,
    };
  }

  dumpOperatorState(subtask: number): unknown {
    const { broadcast, own, union } = this.#data;
    return {
      broadcast: Object.entries(broadcast).toSorted(byName),
      own: (own[subtask] ?? []).toSorted(),
      union: (union[subtask] ?? []).toSorted((left, right) => left - right),
    };
  }

  #key(key: unknown): KeyModel {
    const mapped = mapKey(key);
    let of = this.#data.keys.get(mapped);
    if (of === undefined) {
      const none = [null, null, null, null, null];
      of = { value: null, short: null, list: [], shortList: [], map: {}, shortMap: {}, reducing: null, aggregating: null, windowed: [...none], windows: [...none] };
      this.#data.keys.set(mapped, of);
    }
    return of;
  }

  #renew(of: KeyModel, name: string): void {
    const timed = of.shortMap[name];
    if (timed === undefined) return;
    if (timed.time + TTL_MS <= this.#clock.now()) delete of.shortMap[name];
    else timed.time = this.#clock.now();
  }

  #clear(of: KeyModel, a: number): void {
    if (a === 0) of.value = null;
    else if (a === 1) of.list = [];
    else if (a === 2) of.map = {};
    else if (a === 3) of.reducing = null;
    else of.aggregating = null;
  }

  #changeTimer(key: unknown, a: number, b: number): void {
    const window = a % 2 === 0 ? null : a;
    if (b % 4 === 0) this.#unregister(key, 'event', b, window);
    else if (b % 4 === 1) this.#register(key, 'processing', 1_000_000 + b * 2, window);
    else this.#register(key, 'event', b + (a === 3 ? 3000 : 0), window);
    if (b === 5) this.#unregister(key, 'processing', 1_000_010, window);
  }

  #changeLists(subtask: number, a: number, b: number): void {
    const { own, union } = this.#data;
    if (a < 2) (own[subtask] ??= []).push(`e${b}`);
    else if (a === 2) (union[subtask] ??= []).push(b);
    else if (a === 3) own[subtask] = [`u${b}`];
    else union[subtask] = [];
  }

  #register(key: unknown, domain: 'event' | 'processing', time: number, window: number | null): void {
    if (this.#find(key, domain, time, window) !== undefined) return;
    this.#data.timers.push({ key, domain, time, window, sequence: this.#data.sequence++ });
  }

  #unregister(key: unknown, domain: 'event' | 'processing', time: number, window: number | null): void {
    const found = this.#find(key, domain, time, window);
    if (found !== undefined) this.#data.timers = this.#data.timers.filter((timer) => timer !== found);
  }

  #find(key: unknown, domain: 'event' | 'processing', time: number, window: number | null): TimerModel | undefined {
    return this.#data.timers.find((timer) => timer.domain === domain && timer.time === time && timer.window === window && mapKey(timer.key) === mapKey(key));
  }
}

function groupOf(timer: TimerModel): number {
  return keyGroupOf(timer.key, MAX_PARALLELISM);
}

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
}

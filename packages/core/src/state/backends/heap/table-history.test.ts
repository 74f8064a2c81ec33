import { describe, expect, it } from 'vitest';
import { keyGroupOf, keyGroupRange, subtaskForKeyGroup } from '../../../record/key-hash.js';
import { t } from '../../../record/types/t.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { kitBackend } from '../../../testing/state-backend-kit.js';
import { StillClock } from '../../../testing/state-backend-model.js';
import type { Pane, SnapshotRun, StateBackend, StateBackendFactory, WindowTable } from '../../backend.js';
import { loadSnapshot } from '../../blob-bytes.js';
import type { MapState, ValueState } from '../../handles.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { appendToChain } from '../../snapshot-chain.js';
import { state } from '../../state-builders.js';
import { logStateBackendFactory } from '../log/log-state-backend.js';
import { heapStateBackendFactory, spillingHeapBackendFactory } from './heap-state-backend.js';

const MAX_PARALLELISM = 5;
const TTL_MS = 30;
const WINDOWS = [0, 10, 20, 30];
const KINDS: readonly ((n: number) => unknown)[] = [(n) => n, (n) => `key ${n}`, (n) => [n, -n], (n) => n * 7919 - 40_000, (n) => n + 0.5, (n) => [`k${n}`, n], (n) => [n, `t${n}`, -n / 2][n % 3]];
const STATES = ['numbers', 'objects', 'value', 'map', 'windowed', 'brief'] as const;
type Name = (typeof STATES)[number];

/** What is held, by state and window, then by key; of an expiring state with its time. */
class Model {
  readonly groups: Map<string, Map<unknown, { value: number; time: number }>> = new Map();

  group(name: string): Map<unknown, { value: number; time: number }> {
    let group = this.groups.get(name);
    if (group === undefined) this.groups.set(name, (group = new Map()));
    return group;
  }

  change(name: Name, start: number, key: unknown, by: number | null, time: number): void {
    if (name === 'map' && by === null) for (const at of [0, 1, 2]) this.group(`map ${at}`).delete(key);
    const group = this.group(name === 'map' ? `map ${(by ?? 0) % 3}` : name === 'value' || name === 'brief' ? name : `${name} ${start}`);
    if (by === null) group.delete(key);
    else if (name === 'brief') group.set(key, { value: by, time });
    else group.set(key, { value: (group.get(key)?.value ?? 0) + by, time: 0 });
  }

  copy(): Model {
    const copy = new Model();
    for (const [name, group] of this.groups) for (const [key, held] of group) copy.group(name).set(key, held);
    return copy;
  }
}

/** One subtask. Its tables are large enough to have bits for what was touched, and arrays that are kept for the next window. */
class Subtask {
  readonly backend: StateBackend;
  readonly #numbers: WindowTable<number>;
  readonly #objects: WindowTable<{ sum: number }>;
  readonly #value: ValueState<number>;
  readonly #brief: ValueState<number>;
  readonly #map: MapState<number, number>;
  readonly #windowed: ValueState<number>;

  constructor(backend: StateBackend, snapshots: readonly OperatorSnapshot[]) {
    this.backend = backend;
    if (snapshots.length > 0) backend.restore(snapshots);
    this.#numbers = backend.windowTable('numbers', t.number);
    this.#objects = backend.windowTable('objects', t.struct({ sum: t.number }));
    this.#value = backend.keyedState('value', state.value(t.number));
    this.#brief = backend.keyedState('brief', state.value(t.number, { ttl: TTL_MS }));
    this.#map = backend.keyedState('map', state.map(t.number, t.number));
    this.#windowed = backend.keyedState('windowed', state.value(t.number), { namespaced: true });
  }

  /** Adds to what a key has, or removes it. */
  change(name: Name, start: number, key: unknown, by: number | null): void {
    if (name === 'numbers') return changePane(this.#numbers.pane(start, start + 10), key, by, (before = 0) => before + by!);
    if (name === 'objects') return changePane(this.#objects.pane(start, start + 10), key, by, (before = { sum: 0 }) => ((before.sum += by!), before));
    this.#at(key, start);
    if (name === 'map') {
      if (by === null) this.#map.clear();
      else this.#map.put(by % 3, (this.#map.get(by % 3) ?? 0) + by);
      return;
    }
    const handle = name === 'value' ? this.#value : name === 'brief' ? this.#brief : this.#windowed;
    handle.update(by === null || name === 'brief' ? by : (handle.value() ?? 0) + by);
  }

  drop(start: number): void {
    for (const table of [this.#numbers, this.#objects] as WindowTable<unknown>[]) {
      const pane = table.existingPane(start, start + 10);
      if (pane !== undefined) table.dropPane(pane);
    }
  }

  get(key: unknown): Record<string, number | undefined> {
    const found: Record<string, number | undefined> = {};
    for (const start of WINDOWS) {
      this.#at(key, start);
      found[`numbers ${start}`] = inPane(this.#numbers.existingPane(start, start + 10), key);
      found[`objects ${start}`] = inPane(this.#objects.existingPane(start, start + 10), key)?.sum;
      found[`windowed ${start}`] = this.#windowed.value();
    }
    for (const at of [0, 1, 2]) found[`map ${at}`] = this.#map.get(at);
    return { ...found, value: this.#value.value(), brief: this.#brief.value() };
  }

  /** How many entries lie in windows, as who walks over them sees it. */
  inWindows(): number {
    let count = 0;
    for (const pane of [...this.#numbers.panes(), ...this.#objects.panes()]) for (let slot = 0; slot < pane.slotLimit; slot++) if (pane.keyAt(slot) !== undefined) count++;
    return count;
  }

  #at(key: unknown, start: number): void {
    this.backend.setCurrentKey(key);
    this.backend.setCurrentNamespace({ start, end: start + 10 });
  }
}

function changePane<V>(pane: Pane<V>, key: unknown, by: number | null, next: (before: V | undefined) => V): void {
  const slot = pane.slot(key);
  if (by === null) {
    pane.remove(key);
  } else if (slot < 0) {
    pane.insert(key, next(undefined));
  } else {
    pane.touch(slot);
    pane.values[slot] = next(pane.values[slot]);
  }
}

function inPane<V>(pane: Pane<V> | undefined, key: unknown): V | undefined {
  const slot = pane === undefined ? -1 : pane.slot(key);
  return slot < 0 ? undefined : pane!.values[slot];
}

/** A job of one to three subtasks beside its model. */
class History {
  readonly #factory: StateBackendFactory;
  readonly #files: SimulatedPlatform['files'];
  readonly #dice: () => number;
  readonly #keys: readonly unknown[];
  readonly #smallChainBytes: number;
  readonly #clock: StillClock = new StillClock();
  #model: Model = new Model();
  #subtasks: Subtask[];
  #checkpointId = 0;
  #runs: readonly SnapshotRun[] | null = null;
  #frozen: Model = this.#model;
  /** All that was written, by checkpoint: what is restored from each, and what it has to give. */
  readonly #written: Map<number, { readonly chains: readonly OperatorSnapshot[]; readonly model: Model }> = new Map();

  constructor(seed: number, backend: (platform: SimulatedPlatform) => StateBackendFactory) {
    const platform = new SimulatedPlatform({ seed });
    this.#factory = backend(platform);
    this.#files = platform.files;
    let random = seed;
    this.#dice = () => (random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0) >>> 8;
    this.#keys = Array.from({ length: 300 + this.#roll(400) }, (_, n) => n).map(KINDS[this.#roll(KINDS.length)]!);
    this.#smallChainBytes = [0, 64 * 1024][this.#roll(2)]!;
    this.#subtasks = this.#start(1 + this.#roll(3), []);
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      const choice = this.#roll(20);
      if (choice < 9) this.#change(STATES[this.#roll(STATES.length)]!, 1 + this.#roll(this.#keys.length), this.#roll(6));
      else if (choice < 12) this.#drop(WINDOWS[this.#roll(WINDOWS.length)]!);
      else if (choice === 12) this.#pass(7);
      else if (choice < 18) this.#snapshotStep();
      else if (choice === 18 && this.#roll(3) === 0) this.#restore();
      else this.#compare();
    }
    this.#compare();
    this.#restore();
  }

  #roll(sides: number): number {
    return this.#dice() % sides;
  }

  /** Changes keys side by side, or here and there; now and then it removes them. */
  #change(name: Name, count: number, removes: number): void {
    const start = WINDOWS[this.#roll(WINDOWS.length)]!;
    let at = this.#roll(this.#keys.length);
    const stride = this.#roll(2) === 0 ? 1 : 37;
    for (let n = 0; n < count; n++, at = (at + stride) % this.#keys.length) {
      const key = this.#keys[at];
      const by = removes === 0 || (removes === 1 && this.#roll(3) === 0) ? null : 1 + this.#roll(9);
      this.#of(key).change(name, start, key, by);
      this.#model.change(name, start, key, by, this.#clock.time);
    }
  }

  #drop(start: number): void {
    for (const subtask of this.#subtasks) subtask.drop(start);
    for (const name of ['numbers', 'objects']) this.#model.groups.delete(`${name} ${start}`);
  }

  #pass(ms: number): void {
    this.#clock.time += ms;
    for (const { backend } of this.#subtasks) for (let left = this.#roll(20); left > 0 && backend.maintain(0) === 'more'; left--);
  }

  #snapshotStep(): void {
    if (this.#runs === null) {
      this.#checkpointId++;
      this.#runs = this.#subtasks.map(({ backend }) => backend.beginSnapshot(this.#checkpointId));
      this.#frozen = this.#model.copy();
      return;
    }
    if (this.#roll(8) === 0) {
      for (const run of this.#runs) run.cancel();
      this.#runs = null;
      return;
    }
    for (const run of this.#runs) for (let left = this.#roll(3) === 0 ? 10_000 : this.#roll(40); left > 0 && run.advance(0) === 'more'; left--);
    if (this.#runs.every((run) => run.advance(0) === 'done')) this.#finish(this.#runs.map((run) => loadSnapshot(run.result(), this.#files)));
  }

  #finish(results: readonly OperatorSnapshot[]): void {
    this.#runs = null;
    const id = this.#checkpointId;
    const chains = results.map((result, at) => appendToChain(result.basedOn === undefined ? undefined : this.#written.get(result.basedOn)!.chains[at], result));
    this.#written.set(id, { chains, model: this.#frozen });
    const known = id - this.#roll(3);
    // Of some completion is never heard, and of some late.
    if (this.#roll(3) !== 0 && this.#written.has(known)) for (const { backend } of this.#subtasks) backend.snapshotComplete(known);
  }

  #restore(): void {
    const all = [...this.#written.values()];
    if (all.length === 0) return;
    const { chains, model } = all[Math.max(0, all.length - 1 - this.#roll(3))]!;
    for (const { backend } of this.#subtasks) backend.close();
    this.#runs = null;
    this.#written.clear();
    this.#model = model.copy();
    this.#subtasks = this.#start(1 + this.#roll(3), chains);
    this.#compare();
  }

  #start(parallelism: number, chains: readonly OperatorSnapshot[]): Subtask[] {
    return Array.from({ length: parallelism }, (_, subtask) => {
      const keyGroups = keyGroupRange(subtask, parallelism, MAX_PARALLELISM);
      const backend = kitBackend(this.#factory, { keyGroups, maxParallelism: MAX_PARALLELISM, clock: this.#clock, subtask, parallelism, smallChainBytes: this.#smallChainBytes });
      return new Subtask(backend, chains);
    });
  }

  #of(key: unknown): Subtask {
    return this.#subtasks[subtaskForKeyGroup(keyGroupOf(key, MAX_PARALLELISM), this.#subtasks.length, MAX_PARALLELISM)]!;
  }

  #compare(): void {
    for (const key of this.#keys) {
      for (const [name, found] of Object.entries(this.#of(key).get(key))) {
        const held = this.#model.groups.get(name)?.get(key);
        const expected = held === undefined || (name === 'brief' && this.#clock.time - held.time >= TTL_MS) ? undefined : held.value;
        if (found !== expected) expect.unreachable(`${name} of ${JSON.stringify(key)} is ${found} and should be ${expected}`);
      }
    }
    let inWindows = 0;
    for (const [name, group] of this.#model.groups) if (name.startsWith('numbers') || name.startsWith('objects')) inWindows += group.size;
    expect(this.#subtasks.reduce((sum, subtask) => sum + subtask.inWindows(), 0)).toBe(inWindows);
  }
}

const CASES = 8;
const BACKENDS: Readonly<Record<string, (platform: SimulatedPlatform) => StateBackendFactory>> = {
  heap: () => heapStateBackendFactory,
  'heap with snapshots in files': ({ files, random }) => spillingHeapBackendFactory({ files, random, directory: '/work', snapshotMemoryBytes: 2000, snapshotBuffers: { bufferBytes: 600, moreBuffers: 2 } }),
  'log, with windows on the heap': ({ files, random }) => logStateBackendFactory({ files, random, directory: '/work', segmentBytes: 4000, snapshotBufferBytes: 512 }),
};

describe('tables of hundreds of keys whose windows come and go', () => {
  it.each(Object.keys(BACKENDS))('hold what a model holds, and of each snapshot is restored what there was when it began: %s', (name) => {
    for (let seed = 1; seed <= CASES; seed++) {
      try {
        new History(seed * 7919, BACKENDS[name]!).run(60);
      } catch (error) {
        throw new Error(`the history of seed ${seed} differs`, { cause: error });
      }
    }
  });

  it.each(Object.keys(BACKENDS))('change after their key group is written, though a snapshot wrote them on which the next does not build: %s', (name) => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const backend = kitBackend(BACKENDS[name]!(platform), { files: platform.files });
    const value = backend.keyedState('value', state.value(t.number));
    const map = backend.keyedState('map', state.map(t.number, t.number));
    const list = backend.keyedState('list', state.list(t.number));
    const put = (key: number, by: number): void => {
      backend.setCurrentKey(key);
      value.update(by);
      map.put(0, by);
      if (by > 0) list.clear();
      list.add(by);
    };
    for (let key = 0; key < 600; key++) put(key, 0);
    const written = (run: SnapshotRun, each: (step: number) => void = () => {}): OperatorSnapshot => {
      for (let step = 0; run.advance(0) === 'more'; step++) each(step);
      return loadSnapshot(run.result(), platform.files);
    };
    const first = written(backend.beginSnapshot(1));
    written(backend.beginSnapshot(2));
    // It is only now that the first is known to be complete.
    backend.snapshotComplete(1);
    put(0, -1);
    let next = 600;
    const third = written(backend.beginSnapshot(3), () => {
      for (let count = 0; count < 20 && next > 0; count++) put(--next, 5);
    });
    expect([third.basedOn, next < 600]).toEqual([1, true]);
    const restored = kitBackend(BACKENDS[name]!(platform), { files: platform.files });
    restored.restore([appendToChain(first, third)]);
    const [again, againMap, againList] = [restored.keyedState('value', state.value(t.number)), restored.keyedState('map', state.map(t.number, t.number)), restored.keyedState('list', state.list(t.number))];
    for (let key = 0; key < 600; key++) {
      restored.setCurrentKey(key);
      expect([again.value(), againMap.get(0), [...againList.get()]]).toEqual(key === 0 ? [-1, -1, [0, -1]] : [0, 0, [0]]);
    }
  });
});

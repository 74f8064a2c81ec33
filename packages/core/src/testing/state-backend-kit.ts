/**
 * What every state backend has to do, as checks that any test runner can run: `for (const { name, run } of
 * stateBackendKit(factory)) it(name, run)`.
 */
import { t, type } from '../record/types/t.js';
import type { StateBackend, StateBackendFactory, StateBackendOptions } from '../state/backend.js';
import { blobLength } from '../state/blob-bytes.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { appendToChain } from '../state/snapshot-chain.js';
import { state } from '../state/state-builders.js';
import { runStateModel, StillClock } from './state-backend-model.js';
import { expectCode, expectSame } from './state-kit-equal.js';

/** One check; it throws when the backend does not do what it should. */
export interface KitCheck {
  readonly name: string;
  run(): void;
}

/** How many random cases the kit runs against the model; a test may run more with `runStateModel`. */
const MODEL_CASES = 50;
const MAX_PARALLELISM = 8;

/** The checks for a backend. */
export function stateBackendKit(factory: StateBackendFactory): KitCheck[] {
  return [
    { name: 'keeps every kind of state apart by key and name', run: () => kindsOfState(factory) },
    { name: 'update with undefined or null, and clear, remove a value', run: () => removal(factory) },
    { name: 'a snapshot holds the state as it was when it began', run: () => snapshotIsolation(factory) },
    { name: 'a snapshot in slices holds lists and maps that change between the slices', run: () => largeCells(factory) },
    { name: 'a window that is dropped while a snapshot is written is in it, and not in the next', run: () => droppedPane(factory) },
    { name: 'deltas follow a base, and removals are in them', run: () => deltas(factory) },
    { name: 'a snapshot that is given up leaves everything for the next', run: () => givenUp(factory) },
    { name: 'timers fire once, in order, and in slices', run: () => timersInSlices(factory) },
    { name: 'another maximum parallelism is refused', run: () => maxParallelism(factory) },
    { name: 'equals the model over random histories', run: () => randomHistories(factory) },
  ];
}

/** A backend for tests: all key groups, a still clock. */
export function kitBackend(factory: StateBackendFactory, options: Partial<StateBackendOptions> = {}): StateBackend {
  return factory.create({ operatorUid: 'kit', keyGroups: { first: 0, last: MAX_PARALLELISM - 1 }, maxParallelism: MAX_PARALLELISM, clock: new StillClock(), ...options });
}

/** Takes a whole snapshot at once. */
export function takeSnapshot(backend: StateBackend, checkpointId: number): OperatorSnapshot {
  const run = backend.beginSnapshot(checkpointId);
  while (run.advance(10) === 'more');
  return run.result();
}

function kindsOfState(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const value = backend.keyedState('value', state.value(t.number));
  const list = backend.keyedState('list', state.list(t.string));
  const map = backend.keyedState('map', state.map(t.string, t.number));
  const sum = backend.keyedState('sum', state.reducing(t.number, (left, right) => left + right));
  for (const key of ['a', 1, '1', 1n, true]) {
    backend.setCurrentKey(key);
    expectSame(value.value(), undefined, 'a value never set');
    value.update(7);
    list.addAll([String(key), 'x']);
    map.put(String(key), 1);
    sum.add(1);
    sum.add(2);
  }
  backend.setCurrentKey(1n);
  expectSame([value.value(), [...list.get()], [...map.entries()], sum.get(), list.size, map.size], [7, ['1', 'x'], [['1', 1]], 3, 2, 1], 'the state of key 1n');
  const keys: unknown[] = [];
  backend.forEachKey('value', (key) => keys.push(key));
  expectSame(keys.length, 5, 'the number of keys visited');
  expectSame(backend.size, 20, 'the number of entries');
}

function removal(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const value = backend.keyedState('value', state.value(t.number));
  backend.setCurrentKey('k');
  for (const remove of [() => value.update(undefined), () => value.update(null), () => value.clear()]) {
    value.update(1);
    remove();
    expectSame(value.value(), undefined, 'a removed value');
    expectSame(backend.size, 0, 'the number of entries after removal');
  }
}

function snapshotIsolation(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const value = backend.keyedState('value', state.value(type<{ n: number }>()));
  for (let key = 0; key < 500; key++) {
    backend.setCurrentKey(key);
    value.update({ n: key });
  }
  const run = backend.beginSnapshot(1);
  for (let key = 0; key < 600; key++) {
    run.advance(0);
    backend.setCurrentKey(599 - key);
    const current = value.value();
    if (current !== undefined) current.n = -1;
    value.update(key % 3 === 0 ? null : (current ?? { n: -2 }));
  }
  while (run.advance(1) === 'more');
  const restored = kitBackend(factory);
  restored.restore([run.result()]);
  const again = restored.keyedState('value', state.value(type<{ n: number }>()));
  for (let key = 0; key < 600; key++) {
    restored.setCurrentKey(key);
    expectSame(again.value(), key < 500 ? { n: key } : undefined, `the restored value of key ${key}`);
  }
}

function largeCells(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const list = backend.keyedState('list', state.list(t.number));
  const map = backend.keyedState('map', state.map(t.number, t.number));
  backend.setCurrentKey('k');
  list.addAll(Array.from({ length: 5000 }, (_, at) => at));
  for (let at = 0; at < 5000; at++) map.put(at, at);
  const run = backend.beginSnapshot(1);
  for (let at = 0; at < 60; at++) {
    run.advance(0);
    list.add(-1);
    map.remove(at);
    map.put(4000 + at, -1);
    map.put(-at - 1, -1);
  }
  list.update([1]);
  map.clear();
  map.put(7, 7);
  while (run.advance(1) === 'more');
  const restored = kitBackend(factory);
  restored.restore([run.result()]);
  const list2 = restored.keyedState('list', state.list(t.number));
  const map2 = restored.keyedState('map', state.map(t.number, t.number));
  restored.setCurrentKey('k');
  expectSame([...list2.get()], Array.from({ length: 5000 }, (_, at) => at), 'the restored list');
  expectSame([...map2.entries()].toSorted((left, right) => left[0] - right[0]), Array.from({ length: 5000 }, (_, at) => [at, at]), 'the restored map');
}

function droppedPane(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const windows = backend.windowTable('w', t.number);
  for (let key = 0; key < 300; key++) windows.pane(0, 10).insert(key, key);
  const first = backend.beginSnapshot(1);
  first.advance(0);
  windows.dropPane(windows.pane(0, 10));
  while (first.advance(1) === 'more');
  backend.snapshotComplete(1);
  const second = takeSnapshot(backend, 2);
  const sizeOf = (snapshot: OperatorSnapshot): number => {
    const restored = kitBackend(factory);
    restored.restore([snapshot]);
    return restored.windowTable('w', t.number).existingPane(0, 10)?.size ?? 0;
  };
  expectSame(sizeOf(first.result()), 300, 'the keys of the window in the first snapshot');
  expectSame(sizeOf(appendToChain(first.result(), second)), 0, 'the keys of the window in the second snapshot');
}

function deltas(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const value = backend.keyedState('v', state.value(t.number));
  for (let key = 0; key < 2000; key++) {
    backend.setCurrentKey(key);
    value.update(key);
  }
  const base = takeSnapshot(backend, 1);
  backend.snapshotComplete(1);
  backend.setCurrentKey(3);
  value.update(-3);
  backend.setCurrentKey(4);
  value.clear();
  const delta = takeSnapshot(backend, 2);
  const bytes = (snapshot: OperatorSnapshot): number => snapshot.keyGroups.reduce((sum, blob) => sum + blobLength(blob), 0);
  if (delta.basedOn !== undefined) expectSame(bytes(delta) * 4 < bytes(base), true, 'a small delta');
  const restored = kitBackend(factory);
  restored.restore([appendToChain(base, delta)]);
  const again = restored.keyedState('v', state.value(t.number));
  const read = (key: number): number | undefined => {
    restored.setCurrentKey(key);
    return again.value();
  };
  expectSame([read(2), read(3), read(4), read(5), restored.size], [2, -3, undefined, 5, 1999], 'what base and delta give');
}

function givenUp(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const value = backend.keyedState('v', state.value(t.number));
  backend.setCurrentKey('a');
  value.update(1);
  const base = takeSnapshot(backend, 1);
  backend.snapshotComplete(1);
  value.update(2);
  const run = backend.beginSnapshot(2);
  run.advance(0);
  run.cancel();
  const next = takeSnapshot(backend, 3);
  const restored = kitBackend(factory);
  restored.restore([appendToChain(base, next)]);
  const again = restored.keyedState('v', state.value(t.number));
  restored.setCurrentKey('a');
  expectSame(again.value(), 2, 'a change from before a snapshot that was given up');
}

function timersInSlices(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const fired: number[] = [];
  const timers = backend.timers('t', (_domain, time) => fired.push(time));
  for (let at = 0; at < 300; at++) {
    backend.setCurrentKey('k');
    timers.registerEventTime((at * 7919) % 3000, null);
  }
  let patience = 0;
  let slices = 0;
  for (;;) {
    patience = 10;
    slices++;
    if (timers.fireEventTime(2500, () => patience-- > 0) === 'done') break;
  }
  expectSame(slices > 10, true, 'firing in many slices');
  expectSame(fired, fired.toSorted((left, right) => left - right), 'the order of firing');
  expectSame(fired.length + timers.eventTimeCount, 300, 'the timers fired and left');
}

function maxParallelism(factory: StateBackendFactory): void {
  const backend = kitBackend(factory);
  const value = backend.keyedState('v', state.value(t.number));
  backend.setCurrentKey('a');
  value.update(1);
  const snapshot = takeSnapshot(backend, 1);
  expectCode('MR-1307', 'another maximum parallelism', () => kitBackend(factory, { maxParallelism: 16 }).restore([snapshot]));
}

function randomHistories(factory: StateBackendFactory): void {
  for (let seed = 1; seed <= MODEL_CASES; seed++) runStateModel(factory, seed * 7919);
}

import { describe, expect, it } from 'vitest';
import { t, type } from '../record/types/t.js';
import { kitBackend, takeSnapshot } from '../testing/state-backend-kit.js';
import { StillClock } from '../testing/state-backend-model.js';
import { heapStateBackendFactory as heap } from './backends/heap/heap-state-backend.js';
import { appendToChain } from './snapshot-chain.js';
import { readSnapshot, summarizeSnapshot } from './snapshot-reader.js';
import { state } from './state-builders.js';

describe('reading a snapshot without the job', () => {
  it('gives rows of every kind, from a base and a delta', () => {
    const clock = new StillClock();
    clock.time = 1000;
    const backend = kitBackend(heap, { clock });
    const value = backend.keyedState('value', state.value(t.struct({ n: t.number }), { ttl: 50 }));
    const list = backend.keyedState('list', state.list(t.string));
    const map = backend.keyedState('map', state.map(t.string, type<unknown>()));
    const windows = backend.windowTable('windows', t.number);
    const timers = backend.timers('timers', () => {});
    const rules = backend.broadcast('rules', state.broadcast(t.string, t.number));
    const open = backend.operatorList('open', t.string, 'list');
    backend.setCurrentKey('k');
    value.update({ n: 1 });
    list.add('a');
    map.put('x', 1);
    map.put('gone', [2]);
    windows.pane(0, 10).insert('k', 5);
    windows.pane(10, 20).insert('k', 6);
    timers.registerEventTime(77, { start: 0, end: 10 });
    timers.registerEventTime(78, null);
    rules.put('r', 9);
    open.add('file');
    const base = takeSnapshot(backend, 1);
    backend.snapshotComplete(1);
    list.add('b');
    map.remove('gone');
    windows.dropPane(windows.pane(0, 10));
    timers.deleteEventTime(78, null);
    const delta = takeSnapshot(backend, 2);
    expect(delta.basedOn).toBe(1);
    const chain = appendToChain(base, delta);
    const rows = [...readSnapshot(chain)].map(({ state: name, key, namespace, part, value: held, expiresAt }) => [name, key, namespace, part, held, expiresAt]);
    expect(rows).toEqual([
      ['value', 'k', null, undefined, { n: 1 }, 1050],
      ['list', 'k', null, 0, 'a', undefined],
      ['list', 'k', null, 1, 'b', undefined],
      ['map', 'k', null, 'x', 1, undefined],
      ['windows', 'k', { start: 10, end: 20 }, undefined, 6, undefined],
      ['timers:event', 'k', { start: 0, end: 10 }, 0, 77, undefined],
      ['rules', 'r', null, undefined, 9, undefined],
      ['open', undefined, null, 0, 'file', undefined],
    ]);
    expect(summarizeSnapshot(chain).map(({ keyGroup, states }) => [keyGroup < 0, states.map(({ name }) => name)])[1]).toEqual([true, expect.arrayContaining(['rules', 'open'])]);
    expect(summarizeSnapshot({ ...chain, operatorState: undefined })).toEqual([expect.objectContaining({ checkpointId: 2, watermark: -Infinity })]);
    expect(() => [...readSnapshot(delta)]).toThrow(expect.objectContaining({ code: 'MR-1308' }));
  });
});

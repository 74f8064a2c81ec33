import { describe, expect, it } from 'vitest';
import { t, type } from '../record/types/t.js';
import { kitBackend, takeSnapshot } from '../testing/state-backend-kit.js';
import { heapStateBackendFactory as heap } from './backends/heap/heap-state-backend.js';
import { state } from './state-builders.js';

interface Box {
  n: number;
}

describe('check mode', () => {
  it('finds a value that was changed without update, at the next key or snapshot', () => {
    const backend = kitBackend(heap, { check: true });
    const value = backend.keyedState('box', state.value(type<Box>()));
    const map = backend.keyedState('boxes', state.map(t.string, type<Box>()));
    const list = backend.keyedState('list', state.list(type<Box>()));
    const wrongs: (() => void)[] = [
      () => (value.value()!.n = 2),
      () => (map.get('a')!.n = 2),
      () => ([...list.get()][0]!.n = 2),
      () => {
        const box = { n: 5 };
        value.update(box);
        box.n = 6;
      },
    ];
    for (const wrong of wrongs) {
      backend.setCurrentKey('k');
      value.update({ n: 1 });
      map.put('a', { n: 1 });
      list.update([{ n: 1 }]);
      wrong();
      expect(() => backend.setCurrentKey('next')).toThrow(expect.objectContaining({ code: 'MR-1309', where: expect.objectContaining({ key: '"k"', operator: 'kit' }) }));
    }
    backend.setCurrentKey('k');
    value.value()!.n = 9;
    expect(() => backend.beginSnapshot(1)).toThrow(expect.objectContaining({ code: 'MR-1309' }));
  });

  it('lets a value be changed and given back', () => {
    const backend = kitBackend(heap, { check: true });
    const value = backend.keyedState('box', state.value(type<Box>()));
    backend.setCurrentKey('k');
    value.update({ n: 1 });
    const box = value.value()!;
    box.n = 2;
    value.update(box);
    backend.setCurrentKey('next');
    backend.setCurrentKey('k');
    const gone = value.value()!;
    value.clear();
    gone.n = 3;
    backend.setCurrentKey('next');
    expect(value.value()).toBeUndefined();
  });

  it('refuses what cannot be encoded at update, and without it when a snapshot is written, by state and key', () => {
    const named = expect.objectContaining({ code: 'MR-1301', where: expect.objectContaining({ state: 'v', key: '"k"', path: '$.f' }) });
    const checked = kitBackend(heap, { check: true });
    const early = checked.keyedState('v', state.value(type<unknown>()));
    checked.setCurrentKey('k');
    expect(() => early.update({ f: () => 1 })).toThrow(named);
    const backend = kitBackend(heap);
    const late = backend.keyedState('v', state.value(type<unknown>()));
    backend.setCurrentKey('k');
    late.update({ f: () => 1 });
    expect(() => takeSnapshot(backend, 1)).toThrow(named);
  });

  it('a pre-image that cannot be encoded fails the access that needs it', () => {
    const backend = kitBackend(heap);
    const value = backend.keyedState('v', state.value(type<unknown>()));
    backend.setCurrentKey('k');
    value.update({ f: Symbol('s') });
    backend.beginSnapshot(1);
    expect(() => value.value()).toThrow(expect.objectContaining({ code: 'MR-1301' }));
  });

  it('refuses two states of one name, and state without a key', () => {
    const backend = kitBackend(heap);
    const value = backend.keyedState('v', state.value(t.number));
    expect(() => backend.windowTable('v', t.number)).toThrow(expect.objectContaining({ code: 'MR-1311' }));
    expect(() => value.value()).toThrow(expect.objectContaining({ code: 'MR-1313' }));
  });
});

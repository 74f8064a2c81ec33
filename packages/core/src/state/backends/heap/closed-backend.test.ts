import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { kitBackend } from '../../../testing/state-backend-kit.js';
import { state } from '../../state-builders.js';
import { heapStateBackendFactory } from './heap-state-backend.js';

const KEYS = 1000;
const VALUE = { count: 1 };

describe('a closed backend', () => {
  it('R36 holds nothing any more, also where a window or timers still point to it', () => {
    const backend = kitBackend(heapStateBackendFactory, { keyType: t.number });
    const pane = backend.windowTable('window', t.struct({ count: t.number })).pane(0, 10);
    const timers = backend.timers('timers', () => undefined);
    const value = backend.keyedState('value', state.value(t.struct({ count: t.number })));
    const map = backend.keyedState('map', state.map(t.number, t.number));
    for (let key = 0; key < KEYS; key++) {
      backend.setCurrentKey(key);
      value.update(VALUE);
      for (let entry = 0; entry < 20; entry++) map.put(entry, entry);
      timers.registerEventTime(key, null);
      pane.insert(key, VALUE);
    }
    expect([backend.size > 0, pane.size, timers.eventTimeCount]).toEqual([true, KEYS, KEYS]);
    backend.close();
    expect([backend.size, pane.size, pane.values.length, pane.slotLimit, timers.eventTimeCount]).toEqual([0, 0, 0, 0, 0]);
    expect(timers.fireEventTime(Infinity, () => true)).toBe('done');
  });

  it('has no entry for a key that is set behind its end', () => {
    const backend = kitBackend(heapStateBackendFactory, { keyType: t.number });
    const value = backend.keyedState('value', state.value(t.number));
    const list = backend.keyedState('list', state.list(t.number));
    for (let key = 0; key < KEYS; key++) {
      backend.setCurrentKey(key);
      value.update(key);
      list.add(key);
    }
    backend.close();
    backend.setCurrentKey(KEYS - 1);
    expect([value.value(), list.size]).toEqual([undefined, 0]);
  });
});

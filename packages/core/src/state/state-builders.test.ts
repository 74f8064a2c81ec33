import { describe, expect, expectTypeOf, it } from 'vitest';
import { t, type } from '../record/types/t.js';
import type { KeyedStateDeclarations, StatesOf } from './declarations.js';
import { StateDeclarationInvalid } from './errors.js';
import type { AggregatingState, ListState, MapState, ReducingState, ValueState } from './handles.js';
import { state } from './state-builders.js';

/** Stands for `stream.process({ state: … })`: what a function's context sees follows from its declarations. */
function process<S extends KeyedStateDeclarations>(definition: { readonly state: S; use(states: StatesOf<S>): void }): S {
  return definition.state;
}

describe('state builders', () => {
  it('give the context its types without annotations', () => {
    process({
      state: {
        total: state.value(t.number, { ttl: '1 d' }),
        orders: state.list(t.struct({ id: t.string })),
        byName: state.map(t.string, t.boolean),
        sum: state.reducing(t.number, (left, right) => left + right),
        mean: state.aggregating(type<{ n: number }>(), { create: () => ({ n: 0 }), add: (a, v: string) => void (a.n += v.length), result: (a) => a.n > 1 }),
      },
      use(states) {
        expectTypeOf(states.total).toEqualTypeOf<ValueState<number>>();
        expectTypeOf(states.total.value).returns.toEqualTypeOf<number | undefined>();
        expectTypeOf(states.orders).toEqualTypeOf<ListState<{ id: string }>>();
        expectTypeOf(states.byName).toEqualTypeOf<MapState<string, boolean>>();
        expectTypeOf(states.sum).toEqualTypeOf<ReducingState<number>>();
        expectTypeOf(states.mean).toEqualTypeOf<AggregatingState<string, boolean>>();
      },
    });
  });

  it('make frozen plain data with durations in milliseconds', () => {
    const declaration = state.value(t.number, { ttl: { after: '2 min', domain: 'event', renewedBy: 'readAndWrite' }, renamedFrom: 'sum', version: 2, migrate: (old) => old });
    expect(declaration).toMatchObject({ kind: 'value', ttl: { ttlMs: 120_000, domain: 'event', renewedBy: 'readAndWrite', returnExpired: false }, renamedFrom: 'sum', version: 2 });
    expect(Object.isFrozen(declaration) && Object.isFrozen(declaration.ttl)).toBe(true);
    expect(state.list(t.string, { ttl: 5 }).ttl).toEqual({ ttlMs: 5, domain: 'processing', renewedBy: 'write', returnExpired: false });
    expect(state.broadcast(t.string, t.number)).toMatchObject({ kind: 'broadcast' });
  });

  it('refuse what makes no sense, by code', () => {
    const wrong: (() => unknown)[] = [
      () => state.value(undefined as never),
      () => state.value(t.number, { ttl: 0 }),
      () => state.value(t.number, { ttl: { after: 5, domain: 'wall' as never } }),
      () => state.value(t.number, { ttl: { after: 5, renewedBy: 'never' as never } }),
      () => state.value(t.number, { ttl: { after: 5, returnExpired: 1 as never } }),
      () => state.value(t.number, { ttls: 5 } as never),
      () => state.value(t.number, { version: 0 }),
      () => state.value(t.number, { renamedFrom: '' }),
      () => state.value(t.number, { migrate: 5 as never }),
      () => state.reducing(t.number, undefined as never),
      () => state.aggregating(t.number, { create: () => 0 } as never),
    ];
    for (const declare of wrong) expect(declare).toThrow(expect.objectContaining({ code: StateDeclarationInvalid.code }));
  });
});

import { engine } from '../lib/engine.mjs';

const { discardSink, state, t } = engine;

/** Counts and sums by user: a small object in the state of every key. */
export function totals(env, source) {
  env
    .fromSource(source, { name: 'sales', uid: 'sales' })
    .keyBy('user')
    .process({
      state: { total: state.value(t.struct({ count: t.number, sum: t.number })) },
      processElement({ cents }, ctx) {
        const total = ctx.state.total.value() ?? { count: 0, sum: 0 };
        total.count++;
        total.sum += cents;
        ctx.state.total.update(total);
      },
    }, { uid: 'totals' })
    .sinkTo(discardSink(), { uid: 'nowhere' });
}

import { arg, datagen, defineJob, state, t } from 'millrace';

/** One row of so many records is shown. */
const SHOWN = 1000;

/** Counts the visits of each key, which come in turn: the number of a record tells which visit it is. */
export default defineJob({
  name: 'counting',
  args: { keys: arg.number(), rate: arg.number() },
  build(env, { keys, rate }) {
    env
      .fromSource(datagen({ fields: (index: number) => ({ index, user: `user-${index % keys}` }), type: t.struct({ index: t.number, user: t.string }), rate }), { name: 'visits', uid: 'visits' })
      .keyBy('user')
      .process(
        {
          output: t.struct({ index: t.number, visits: t.number }),
          state: { seen: state.value(t.struct({ visits: t.number, last: t.number })) },
          processElement({ index }, { state: { seen } }, out) {
            const visits = (seen.value()?.visits ?? 0) + 1;
            seen.update({ visits, last: index });
            if (index % SHOWN === 0) out.collect({ index, visits });
          },
        },
        { name: 'count', uid: 'count' },
      )
      .print();
  },
});

import { arg, defineJob, fileSource, json, monotonousTimestamps, state, t, type } from 'millrace';

const Visit = t.struct({ at: t.timestamp, user: t.string, page: t.string });

interface Summary {
  readonly user: string;
  readonly visits: number;
  readonly pages: Readonly<Record<string, number>>;
  readonly path: readonly string[];
  readonly longest: number;
}

/** State of every kind by user, put together and forgotten by a timer half a minute after the last visit. */
export default defineJob({
  name: 'golden-timers',
  args: { data: arg.path() },
  build(env, { data }) {
    env
      .fromSource(fileSource({ path: `${data}/visits.ndjson`, format: json(Visit) }), { name: 'visits', watermarks: monotonousTimestamps((visit) => visit.at) })
      .keyBy('user')
      .process({
        output: type<Summary>(),
        state: {
          last: state.value(t.timestamp),
          pages: state.map(t.string, t.number),
          path: state.list(t.string),
          visits: state.aggregating(t.number, { create: () => 0, add: (visits: number, _visit: string) => visits + 1 }),
          longest: state.reducing(t.number, (a, b) => Math.max(a, b)),
        },
        processElement(visit, { state: kept, timers }) {
          const last = kept.last.value();
          if (last !== undefined) {
            timers.deleteEventTime(last + 30_000);
            kept.longest.add(visit.at - last);
          }
          kept.last.update(visit.at);
          kept.pages.put(visit.page, (kept.pages.get(visit.page) ?? 0) + 1);
          kept.path.add(visit.page);
          kept.visits.add(visit.page);
          timers.registerEventTime(visit.at + 30_000);
        },
        onTimer(_time, { key, state: kept }, out) {
          const pages = Object.fromEntries([...kept.pages.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
          out.collect({ user: key, visits: kept.visits.get()!, pages, path: [...kept.path.get()], longest: kept.longest.get() ?? 0 });
          for (const one of Object.values(kept)) one.clear();
        },
      })
      .print();
  },
});

import { join } from 'node:path';
import { arg, count, defineJob, fileSink, fileSource, json, monotonousTimestamps, state, t, tumblingEventTime, type } from 'millrace';
import { z } from 'zod';

const Visit = z.object({ user: z.string(), page: z.string(), timestamp: z.number() });

interface VisitCount {
  readonly user: string;
  readonly visits: number;
}

export default defineJob({
  name: 'visit-counter',
  args: {
    input: arg.path({ doc: 'Visits, one JSON object per line, in order of their timestamps.' }),
    output: arg.path({ doc: 'The folder for the counts; each kind gets a folder in it.' }),
    rate: arg.number({ optional: true, doc: 'Visits read per second; no limit unless given.' }),
  },
  build(env, args) {
    const visitsByUser = env
      .fromSource(fileSource({ path: args.input, format: json(Visit), rate: args.rate }), {
        name: 'visits',
        uid: 'visits',
        watermarks: monotonousTimestamps((visit) => visit.timestamp),
      })
      .keyBy('user');

    // Every visit gives the number of visits of its user so far; the number is kept in state.
    visitsByUser
      .process(
        {
          output: type<VisitCount>(),
          state: { visits: state.value(t.number) },
          processElement(_visit, context, out) {
            const visits = (context.state.visits.value() ?? 0) + 1;
            context.state.visits.update(visits);
            out.collect({ user: context.key, visits });
          },
        },
        { name: 'count so far', uid: 'count-so-far' },
      )
      .sinkTo(fileSink({ path: join(args.output, 'per-user'), format: json() }), { name: 'per user', uid: 'per-user' });

    // The same visits by user and five seconds.
    visitsByUser
      .window(tumblingEventTime('5 s'))
      .aggregate(
        { visits: count() },
        ({ visits }, { key, window }) => ({ user: key, windowStart: window.start, windowEnd: window.end, visits }),
        { name: 'five seconds', uid: 'five-seconds' },
      )
      .sinkTo(fileSink({ path: join(args.output, 'per-five-seconds'), format: json() }), { name: 'per five seconds', uid: 'per-five-seconds' });
  },
});

import { join } from 'node:path';
import { arg, boundedOutOfOrderness, count, defineJob, fileSink, fileSource, json, max, min, sum, tumblingEventTime } from 'millrace';
import { z } from 'zod';

const Event = z.object({
  id: z.number(),
  device: z.string(),
  kind: z.enum(['reading', 'heartbeat']),
  timestamp: z.number(),
  value: z.number(),
});

export default defineJob({
  name: 'event-pipeline',
  args: {
    input: arg.path({ doc: 'Events, one JSON object per line, at most ten seconds out of order.' }),
    output: arg.path({ doc: 'The folder for the windows and the late events; each gets a folder in it.' }),
    rate: arg.number({ optional: true, doc: 'Events read per second; no limit unless given.' }),
  },
  build(env, args) {
    const perDevice = env
      .fromSource(fileSource({ path: args.input, format: json(Event), rate: args.rate }), {
        name: 'events',
        uid: 'events',
        // The watermark stays ten seconds behind the newest event: whatever is later than that has missed its window.
        watermarks: boundedOutOfOrderness('10 s', (event) => event.timestamp),
      })
      .filter((event) => event.kind === 'reading', { name: 'readings' })
      .map(({ id, device, timestamp, value }) => ({ id, device, timestamp, value }), { name: 'without kind' })
      .keyBy('device')
      .window(tumblingEventTime('10 s'), { lateOutput: 'late' })
      .aggregate(
        { readings: count(), lowest: min('value'), highest: max('value'), total: sum('value', { exact: true }) },
        (figures, { key, window }) => ({ device: key, windowStart: window.start, windowEnd: window.end, ...figures }),
        { name: 'ten seconds', uid: 'ten-seconds' },
      );

    perDevice.sinkTo(fileSink({ path: join(args.output, 'windows'), format: json() }), { name: 'windows', uid: 'windows' });
    perDevice.side('late').sinkTo(fileSink({ path: join(args.output, 'late'), format: json() }), { name: 'late events', uid: 'late-events' });
  },
});

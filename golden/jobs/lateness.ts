import { arg, boundedOutOfOrderness, count, defineJob, fileSource, json, sum, t, tumblingEventTime } from 'millrace';

const Reading = t.struct({ sensor: t.string, at: t.timestamp, value: t.number });

/** Windows that wait for stragglers, are emitted again for them, and send what is later still to a side output. */
export default defineJob({
  name: 'golden-lateness',
  args: { data: arg.path() },
  build(env, { data }) {
    const windows = env
      .fromSource(fileSource({ path: `${data}/late-readings.ndjson`, format: json(Reading) }), {
        name: 'readings', watermarks: boundedOutOfOrderness('5 s', (reading) => reading.at),
      })
      .keyBy('sensor')
      .window(tumblingEventTime('10 s'), { allowedLateness: '8 s', lateOutput: 'late' })
      .aggregate({ count: count(), sum: sum('value') }, (figures, { key, window }) => ({ of: 'window', sensor: key, start: window.start, ...figures }));
    windows.print();
    windows.side('late').map((reading) => ({ of: 'late', ...reading })).print();
  },
});

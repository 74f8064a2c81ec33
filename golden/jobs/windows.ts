import { arg, boundedOutOfOrderness, count, defineJob, fileSource, json, max, min, sessionEventTime, slidingEventTime, sum, t, tumblingEventTime } from 'millrace';

const Reading = t.struct({ sensor: t.string, at: t.timestamp, value: t.number });

/** Windows of four kinds over readings that are out of order, within the bound of the watermark. */
export default defineJob({
  name: 'golden-windows',
  args: { data: arg.path(), splitBytes: arg.number({ default: 16_000_000 }) },
  build(env, { data, splitBytes }) {
    const readings = env.fromSource(fileSource({ path: `${data}/readings.ndjson`, format: json(Reading), splitBytes }), {
      name: 'readings', watermarks: boundedOutOfOrderness('5 s', (reading) => reading.at),
    });
    const bySensor = readings.keyBy('sensor');

    bySensor
      .window(tumblingEventTime('10 s', { offset: '3 s' }))
      .aggregate(
        { count: count(), sum: sum('value'), min: min('value'), max: max('value') },
        (figures, { key, window }) => ({ of: 'tumbling', sensor: key, start: window.start, ...figures }),
      )
      .print();
    bySensor
      .window(slidingEventTime('60 s', '25 s'))
      .reduce(
        (a, b) => ({ ...a, value: a.value + b.value }),
        ({ value }, { key, window }) => ({ of: 'sliding', sensor: key, start: window.start, sum: value }),
      )
      .print();
    bySensor
      .window(sessionEventTime('6 s'))
      .process({
        process(elements, { key, window }, out) {
          const values = [...elements].map((reading) => reading.value).sort((a, b) => a - b);
          out.collect({ of: 'session', sensor: key, start: window.start, end: window.end, values });
        },
      })
      .print();
    readings
      .windowAll(tumblingEventTime('1 min'))
      .aggregate({ count: count() }, (figures, { window }) => ({ of: 'all', start: window.start, ...figures }))
      .print();
  },
});

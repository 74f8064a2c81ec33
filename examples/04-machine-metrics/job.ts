import { arg, avg, count, defineJob, fileSink, fileSource, json, last, max, monotonousTimestamps, tumblingEventTime } from 'millrace';
import { machineSource, Sample } from './machine-source.js';

const round = (figure: number): number => Math.round(figure * 10) / 10;
const time = (timestamp: number): string => new Date(timestamp).toISOString().slice(11, 19);

export default defineJob({
  name: 'machine-metrics',
  args: {
    input: arg.path({ optional: true, doc: 'Recorded samples to read in place of this machine.' }),
    output: arg.path({ optional: true, doc: 'A folder for the windows; without it they are only shown.' }),
    window: arg.duration({ default: '5 s', doc: 'Length of a window.' }),
    every: arg.duration({ default: '1 s', doc: 'Time between two samples.' }),
    samples: arg.number({ optional: true, min: 1, integer: true, doc: 'How many samples to take; without end unless given.' }),
    disk: arg.path({ default: '.', doc: 'A path on the disk to watch.' }),
  },
  build(env, args) {
    const source =
      args.input === undefined
        ? machineSource({ everyMs: args.every, samples: args.samples, diskPath: args.disk })
        : fileSource({ path: args.input, format: json(Sample) });

    const windows = env
      .fromSource(source, { name: 'samples', uid: 'samples', watermarks: monotonousTimestamps((sample) => sample.timestamp) })
      .keyBy('host')
      .window(tumblingEventTime(args.window))
      .aggregate(
        { samples: count(), cpu: avg('cpu'), highestCpu: max('cpu'), load: avg('load'), memory: max('memory'), disk: last<'disk', number>('disk') },
        (figures, { key, window }) => ({
          host: key,
          windowStart: window.start,
          windowEnd: window.end,
          samples: figures.samples,
          cpu: round(figures.cpu),
          highestCpu: figures.highestCpu,
          load: round(figures.load),
          memory: figures.memory,
          disk: figures.disk,
        }),
        { name: 'windows', uid: 'windows' },
      );

    windows
      .map((row) => `${time(row.windowStart)}–${time(row.windowEnd)} ${row.host}: cpu ${row.cpu} % (up to ${row.highestCpu} %), load ${row.load}, memory ${row.memory} %, disk ${row.disk} %`, { name: 'as text' })
      .print(undefined, { parallelism: 1 });
    if (args.output !== undefined) windows.sinkTo(fileSink({ path: args.output, format: json() }), { name: 'file', uid: 'file' });
  },
});

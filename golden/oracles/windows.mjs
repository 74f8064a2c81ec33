import { entry, read } from './read.mjs';

const tumbling = new Map();
const sliding = new Map();
const all = new Map();
const bySensor = new Map();
const floor = (at, size, offset) => Math.floor((at - offset) / size) * size + offset;
for (const { sensor, at, value } of read('readings')) {
  entry(tumbling, `${sensor} ${floor(at, 10_000, 3_000)}`, () => ({ sensor, start: floor(at, 10_000, 3_000), values: [] })).values.push(value);
  for (let start = floor(at, 25_000, 0); start > at - 60_000; start -= 25_000) entry(sliding, `${sensor} ${start}`, () => ({ sensor, start, values: [] })).values.push(value);
  entry(all, floor(at, 60_000, 0), () => []).push(value);
  entry(bySensor, sensor, () => []).push({ at, value });
}
const total = (values) => values.reduce((a, b) => a + b, 0);
export const rows = [
  ...[...tumbling.values()].map(({ sensor, start, values }) => ({ of: 'tumbling', sensor, start, count: values.length, sum: total(values), min: Math.min(...values), max: Math.max(...values) })),
  ...[...sliding.values()].map(({ sensor, start, values }) => ({ of: 'sliding', sensor, start, sum: total(values) })),
  ...[...all].map(([start, values]) => ({ of: 'all', start, count: values.length })),
  ...[...bySensor].flatMap(([sensor, readings]) => sessions(sensor, readings.sort((a, b) => a.at - b.at))),
];

/** Readings of one sensor in order of time; a gap of more than six seconds ends a session, since sessions that touch are one. */
function sessions(sensor, readings) {
  const list = [];
  for (const { at, value } of readings) {
    const open = list.at(-1);
    if (open !== undefined && at <= open.end) {
      open.values.push(value);
      open.end = at + 6_000;
    } else list.push({ of: 'session', sensor, start: at, end: at + 6_000, values: [value] });
  }
  return list.map((session) => ({ ...session, values: session.values.sort((a, b) => a - b) }));
}

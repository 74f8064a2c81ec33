import { entry, read } from './read.mjs';

export const rows = [];
const windows = new Map();
let watermark = -Infinity;
const emit = ({ sensor, start, values }) => rows.push({ of: 'window', sensor, start, count: values.length, sum: values.reduce((a, b) => a + b, 0) });

/** Emits the windows that the watermark passes: the first time each of them is emitted. */
function advance(to) {
  for (const window of windows.values()) if (window.start + 9_999 > watermark && window.start + 9_999 <= to) emit(window);
  watermark = Math.max(watermark, to);
}
for (const { sensor, at, value } of read('late-readings')) {
  const start = Math.floor(at / 10_000) * 10_000;
  if (start + 9_999 + 8_000 <= watermark) rows.push({ of: 'late', sensor, at, value });
  else {
    const window = entry(windows, `${sensor} ${start}`, () => ({ sensor, start, values: [] }));
    window.values.push(value);
    if (start + 9_999 <= watermark) emit(window);
  }
  advance(at - 5_001);
}
advance(Infinity);

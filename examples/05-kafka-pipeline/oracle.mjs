// The same results without Millrace: node oracle.mjs events.ndjson
import { readFileSync } from 'node:fs';

const windows = new Map();
for (const line of readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
  const { sensor, timestamp, value } = JSON.parse(line);
  const windowStart = Math.floor(timestamp / 10_000) * 10_000;
  const key = `${sensor} ${windowStart}`;
  const sum = windows.get(key) ?? { sensor, windowStart, windowEnd: windowStart + 10_000, events: 0, total: 0 };
  windows.set(key, { ...sum, events: sum.events + 1, total: sum.total + value });
}
for (const sum of windows.values()) console.log(JSON.stringify(sum));

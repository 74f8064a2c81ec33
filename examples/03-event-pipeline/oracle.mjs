// The same results without Millrace: node oracle.mjs events.ndjson windows|late
import { readFileSync } from 'node:fs';

const [file, wanted] = process.argv.slice(2);
const windows = new Map();
let newest = -Infinity;
for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
  const { id, device, kind, timestamp, value } = JSON.parse(line);
  const windowStart = Math.floor(timestamp / 10_000) * 10_000;
  const late = windowStart + 10_000 - 1 <= newest - 10_000 - 1;
  newest = Math.max(newest, timestamp);
  if (kind !== 'reading') continue;
  if (late && wanted === 'late') console.log(JSON.stringify({ id, device, timestamp, value }));
  if (late) continue;
  const key = `${device} ${windowStart}`;
  const sum = windows.get(key) ?? { device, windowStart, windowEnd: windowStart + 10_000, readings: 0, lowest: Infinity, highest: -Infinity, total: 0 };
  windows.set(key, { ...sum, readings: sum.readings + 1, lowest: Math.min(sum.lowest, value), highest: Math.max(sum.highest, value), total: sum.total + value });
}
if (wanted === 'windows') for (const sum of windows.values()) console.log(JSON.stringify(sum));

// Writes events.ndjson, the same on every run: node generate.mjs
import { writeFileSync } from 'node:fs';

const EVENTS = 9_000;
const START = Date.UTC(2026, 2, 2, 6);
const DEVICES = ['press-1', 'press-2', 'oven-1', 'oven-2', 'belt-1'];
const KINDS = ['reading', 'reading', 'reading', 'reading', 'heartbeat'];

let seed = 4_242;
const random = () => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};

// Most events arrive within ten seconds. A few come from a device that was offline for a quarter of an hour or more:
// by then thousands of other events have arrived, so the watermark is past them however the input is cut into batches.
const events = Array.from({ length: EVENTS }, (_, id) => {
  const timestamp = START + id * 300 + Math.floor(random() * 300);
  const delay = id < EVENTS - 5_000 && random() < 0.008 ? 900_000 + random() * 600_000 : random() ** 3 * 9_990;
  const device = DEVICES[Math.floor(random() * DEVICES.length)];
  const kind = KINDS[Math.floor(random() * KINDS.length)];
  const event = { id, device, kind, timestamp, value: kind === 'heartbeat' ? 0 : Math.floor(200 + random() * 800) };
  return { event, arrival: timestamp + delay };
});
const lines = events.sort((a, b) => a.arrival - b.arrival).map(({ event }) => JSON.stringify(event));
writeFileSync(new URL('events.ndjson', import.meta.url), `${lines.join('\n')}\n`);

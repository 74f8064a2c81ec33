// Writes events.ndjson, the same on every run: node generate.mjs
import { writeFileSync } from 'node:fs';

const EVENTS = 4_000;
const START = Date.UTC(2026, 4, 4, 8);
const SENSORS = Array.from({ length: 9 }, (_, index) => `sensor-${index + 1}`);

let seed = 7_331;
const random = () => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};

// Every event arrives within ten seconds, so none misses its window.
const events = Array.from({ length: EVENTS }, (_, id) => {
  const timestamp = START + id * 60 + Math.floor(random() * 60);
  return { event: { id, sensor: SENSORS[Math.floor(random() * SENSORS.length)], timestamp, value: Math.floor(random() * 1000) }, arrival: timestamp + random() * 9_900 };
});
const lines = events.sort((a, b) => a.arrival - b.arrival).map(({ event }) => JSON.stringify(event));
writeFileSync(new URL('events.ndjson', import.meta.url), `${lines.join('\n')}\n`);

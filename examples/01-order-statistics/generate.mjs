// Writes orders.ndjson, the same on every run: node generate.mjs
import { writeFileSync } from 'node:fs';

const LINES = 10_000;
const START = Date.UTC(2026, 2, 2, 8); // a Monday, 08:00 UTC
const LENGTH_MS = 4 * 3_600_000;

let seed = 20_260_302;
const random = () => {
  // The generator of Lehmer: 31 bits are plenty for made-up orders.
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};

// Business grows towards noon, and each quarter of an hour has a burst.
const times = Array.from({ length: LINES }, () => {
  const share = Math.sqrt(random());
  const burst = random() < 0.2 ? Math.round(share * 16) / 16 : share;
  return START + Math.floor(Math.min(burst, 0.9999) * LENGTH_MS + random() * 900);
}).sort((a, b) => a - b);

const lines = times.map((timestamp) => {
  const orderId = `A-${1000 + Math.floor(random() ** 2 * 60)}`;
  const amount = Math.round((2 + random() ** 3 * 400) * 100) / 100;
  return JSON.stringify({ orderId, timestamp, amount });
});
writeFileSync(new URL('orders.ndjson', import.meta.url), `${lines.join('\n')}\n`);

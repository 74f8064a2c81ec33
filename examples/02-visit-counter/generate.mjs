// Writes visits.ndjson, the same on every run: node generate.mjs
import { writeFileSync } from 'node:fs';

const LINES = 4_000;
const START = Date.UTC(2026, 2, 2, 12);
const PAGES = ['/', '/shop', '/shop/lamps', '/shop/chairs', '/basket', '/help'];

let seed = 77_001;
const random = () => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};

let timestamp = START;
const lines = Array.from({ length: LINES }, () => {
  timestamp += Math.floor(random() ** 2 * 450);
  return JSON.stringify({ user: `user-${String(1 + Math.floor(random() ** 2 * 40)).padStart(2, '0')}`, page: PAGES[Math.floor(random() * PAGES.length)], timestamp });
});
writeFileSync(new URL('visits.ndjson', import.meta.url), `${lines.join('\n')}\n`);

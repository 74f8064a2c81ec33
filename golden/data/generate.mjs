// Writes the inputs of the golden jobs, the same on every run: node golden/data/generate.mjs
import { writeFileSync } from 'node:fs';

let seed = 1_234_567;
const random = () => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};
const whole = (least, most) => least + Math.floor(random() * (most - least + 1));
const write = (name, rows) => writeFileSync(new URL(`${name}.ndjson`, import.meta.url), `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
const byArrival = (rows) => rows.sort((a, b) => a.arrival - b.arrival).map(({ row }) => row);

// Readings at most five seconds out of order; they begin before 1970, so that windows lie on both sides of zero.
write('readings', byArrival(Array.from({ length: 2_500 }, (_, index) => {
  const at = -200_000 + index * 180 + whole(0, 170);
  return { arrival: at + random() ** 2 * 4_990, row: { sensor: `s${whole(1, 12)}`, at, value: whole(-50, 100) } };
})));

// Readings of which some are a little late (their window may still take them) and some far too late.
write('late-readings', byArrival(Array.from({ length: 1_500 }, (_, index) => {
  const at = 1_000_000 + index * 200 + whole(0, 190);
  const chance = random();
  const delay = chance < 0.06 ? whole(6_000, 16_000) : chance < 0.1 ? whole(30_000, 60_000) : random() * 4_900;
  return { arrival: at + delay, row: { sensor: `s${whole(1, 5)}`, at, value: whole(1, 100) } };
})));

// Visits in bursts: after a silence of half a minute a user's visit is over.
write('visits', Array.from({ length: 1_200 }, (_, index) => ({ at: index * 400 + whole(0, 390), user: whole(1, 400) < 4 ? 'rare' : `u${whole(1, 14) + 14 * Math.floor(index / 150)}`, page: `/p${whole(1, 4)}` })));

// Orders, and payments of most of them, some in parts, some too early or too late, some of no order.
const orders = Array.from({ length: 600 }, (_, index) => ({ order: `o${index}`, at: index * 3_000 + whole(0, 2_900), cents: whole(100, 99_999) }));
const payments = orders.flatMap(({ order, at, cents }) => {
  const chance = random();
  if (chance < 0.15) return [];
  const first = { order, at: at + whole(-90_000, 700_000), cents: chance < 0.8 ? cents : Math.floor(cents / 3) };
  return chance < 0.8 ? [first] : [first, { order, at: first.at + whole(1, 60_000), cents: cents - first.cents }];
});
payments.push(...Array.from({ length: 20 }, (_, index) => ({ order: `unknown-${index}`, at: whole(0, 1_800_000), cents: 1 })));
write('orders', orders);
write('payments', payments.sort((a, b) => a.at - b.at));

// Prices of articles, and baskets of them.
write('articles', Array.from({ length: 40 }, (_, index) => ({ article: `a${index}`, cents: whole(50, 20_000) })));
write('baskets', Array.from({ length: 900 }, (_, index) => ({ basket: index, at: index * 700 + whole(0, 600), articles: Array.from({ length: whole(0, 5) }, () => `a${whole(0, 45)}`) })));

import { entry, read } from './read.mjs';

const prices = new Map(read('articles').map(({ article, cents }) => [article, cents + (cents % 2)]));
const sums = new Map();
const unknown = [];
for (const { basket, at, articles } of read('baskets')) {
  const start = Math.floor(at / 60_000) * 60_000;
  for (const article of articles) {
    if (!prices.has(article)) unknown.push({ basket, article, cents: 0 });
    const sum = entry(sums, `${basket % 10} ${start}`, () => ({ of: 'sum', lane: basket % 10, start, items: 0, cents: 0 }));
    sum.items++;
    sum.cents += prices.get(article) ?? 0;
  }
}
export const rows = [...unknown, ...sums.values()];

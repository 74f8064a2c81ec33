import { arg, count, defineJob, fileSource, json, monotonousTimestamps, sum, t, tumblingEventTime } from 'millrace';

const Article = t.struct({ article: t.string, cents: t.number });
const Basket = t.struct({ basket: t.number, at: t.timestamp, articles: t.list(t.string) });

/** Baskets taken apart, priced from a table, checked asynchronously, brought together again and summed up. */
export default defineJob({
  name: 'golden-enrichment',
  args: { data: arg.path() },
  build(env, { data }) {
    const articles = env.fromSource(fileSource({ path: `${data}/articles.ndjson`, format: json(Article) }), { name: 'articles' });
    const items = env
      .fromSource(fileSource({ path: `${data}/baskets.ndjson`, format: json(Basket) }), { name: 'baskets', watermarks: monotonousTimestamps((basket) => basket.at) })
      .flatMap(function* ({ basket, articles }) {
        for (const article of articles) yield { basket, article };
      })
      .rebalance()
      .lookupJoin(articles, { where: 'article', equalTo: 'article' }, (item, row) => ({ ...item, cents: row?.cents }));

    const known = items.filter((item) => item.cents !== undefined).map(({ basket, article, cents }) => ({ basket, article, cents: cents ?? 0 }));
    const unknown = items.filter((item) => item.cents === undefined).map(({ basket, article }) => ({ basket, article, cents: 0 }));
    known
      .asyncMap(async (item) => ({ ...item, cents: item.cents % 2 === 0 ? item.cents : item.cents + 1 }), { timeout: '10 s', ordered: false })
      .union(unknown)
      .shuffle()
      .keyBy((item) => item.basket % 10)
      .window(tumblingEventTime('1 min'))
      .aggregate({ items: count(), cents: sum('cents') }, (figures, { key, window }) => ({ of: 'sum', lane: key, start: window.start, ...figures }))
      .print();
    unknown.print();
  },
});

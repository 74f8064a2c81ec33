import type { Query, Update } from '../queries/query.js';
import type { WinningBid } from '../queries/q09.js';
import { ResultDigest } from '../digest.js';

/** What the published SQL selects of our rows, where that is not all of them. AVG of whole numbers is a whole number there. */
const SELECTED: Readonly<Record<string, (row: never) => object>> = {
  q4: ({ category, average }: { readonly category: number; readonly average: number }) => ({ category, average: Math.floor(average) }),
  q5: ({ auction, bids }: { readonly auction: number; readonly bids: number }) => ({ auction, bids }),
  q7: ({ auction, bidder, price, dateTime, extra }: Readonly<Record<string, unknown>>) => ({ auction, bidder, price, dateTime, extra }),
  q9: ({ id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra, ...bid }: WinningBid) =>
    ({ id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra, auction: id, ...bid }),
  q17: ({ average, sum, ...row }: { readonly average: number; readonly sum: number }) => ({ ...row, average: Math.floor(average), sum }),
  // Among last bids of one millisecond SQL takes the one that came last, and ours the highest.
  q18: ({ auction, bidder, dateTime }: Readonly<Record<string, unknown>>) => ({ auction, bidder, dateTime }),
};

/** Folds the rows of a query into a digest of the table that the published SQL makes of them in the end. */
export class SqlTable {
  readonly #digest: ResultDigest = new ResultDigest('rows');
  readonly #table: Map<string, object> = new Map();
  readonly #updates: boolean;
  readonly #select: (row: object) => object;

  constructor(query: Query) {
    this.#updates = query.results === 'updates';
    this.#select = (SELECTED[query.name] as ((row: object) => object) | undefined) ?? ((row) => row);
  }

  /** Takes a row; to be handed to whoever makes rows. */
  readonly take = (row: object): void => {
    if (!this.#updates) return this.#digest.take(this.#select(row));
    const { key, row: inner } = row as Update<unknown, object>;
    this.#table.set(String(key), this.#select(inner));
  };

  /** The table in the end as text. */
  text(): string {
    for (const row of this.#table.values()) this.#digest.take(row);
    this.#table.clear();
    return this.#digest.exact;
  }
}

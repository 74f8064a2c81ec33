import { isBid } from '../model.js';
import type { Query } from './query.js';

/** Get URL directories. */
export const q22: Query = {
  name: 'q22',
  title: 'every bid with the folders of its address',
  results: 'rows',
  build({ events, output }) {
    output(
      events.filter(isBid).map(({ auction, bidder, price, channel, url }) => ({
        auction, bidder, price, channel, dir1: part(url, 3), dir2: part(url, 4), dir3: part(url, 5),
      })),
    );
  },
};

/** The part of a text behind the given number of slashes, up to the next; undefined when there are not so many. */
export function part(text: string, slashes: number): string | undefined {
  let from = 0;
  for (let i = 0; i < slashes; i++) {
    from = text.indexOf('/', from) + 1;
    if (from === 0) return undefined;
  }
  const to = text.indexOf('/', from);
  return to < 0 ? text.substring(from) : text.substring(from, to);
}

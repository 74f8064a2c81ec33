import { hourOf } from '../calendar.js';
import { isBid } from '../model.js';
import type { Query } from './query.js';

/** Calculation: a filter and functions of one's own. */
export const q14: Query = {
  name: 'q14',
  title: 'bids of a middling price in euros, with the time of day and the c in their text',
  results: 'rows',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price: (price * 908) / 1000, dateTime, extra }))
        .filter(({ price }) => price > 1_000_000 && price < 50_000_000)
        .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, timeOfDay: timeOfDay(dateTime), dateTime, extra, letters: lettersC(extra) })),
    );
  },
};

/** Day, night, or neither. */
export function timeOfDay(time: number): string {
  const hour = hourOf(time);
  if (hour >= 8 && hour <= 18) return 'dayTime';
  return hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime';
}

/** How often a text has the letter c. */
export function lettersC(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === 99) count++;
  return count;
}

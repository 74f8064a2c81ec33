import { NexmarkGenerator } from '../generator/generator.js';
import { AUCTION, BID, type Bid } from '../model.js';
import { WATERMARK_DELAY_MS, type Yardstick } from './yardstick.js';

const LAST_SALES = 10;

interface OpenAuction {
  readonly id: number;
  readonly seller: number;
  readonly from: number;
  readonly to: number;
  price: number;
}

/** Query 6 by hand. */
export const y06: Yardstick = {
  name: 'q6',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const auctions = new Map<number, OpenAuction>();
    const early = new Map<number, Bid[]>();
    /** Auctions by the millisecond of their end. */
    const ends = new Map<number, OpenAuction[]>();
    const last = new Map<number, number[]>();
    let closed = -1;
    let latestEnd = 0;
    const apply = (auction: OpenAuction, bid: Bid): void => {
      if (bid.price > auction.price && bid.dateTime >= auction.from && bid.dateTime <= auction.to) auction.price = bid.price;
    };
    const closeUpTo = (time: number): void => {
      for (; closed <= time; closed++) {
        const ended = ends.get(closed);
        if (ended === undefined) continue;
        ends.delete(closed);
        for (const { id, seller, price } of ended.sort((left, right) => left.id - right.id)) {
          if (price === 0) continue;
          let prices = last.get(seller);
          if (prices === undefined) last.set(seller, (prices = []));
          prices.push(price);
          if (prices.length > LAST_SALES) prices.shift();
          let sum = 0;
          for (const each of prices) sum += each;
          take({ seller, auction: id, average: sum / prices.length });
        }
      }
    };
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind === BID) {
        const auction = auctions.get(event.auction);
        if (auction !== undefined) apply(auction, event);
        else if (early.has(event.auction)) early.get(event.auction)!.push(event);
        else early.set(event.auction, [event]);
      } else if (event.kind === AUCTION) {
        const auction = { id: event.id, seller: event.seller, from: event.dateTime, to: event.expires, price: 0 };
        auctions.set(event.id, auction);
        for (const bid of early.get(event.id) ?? []) apply(auction, bid);
        early.delete(event.id);
        const ended = ends.get(event.expires);
        if (ended === undefined) ends.set(event.expires, [auction]);
        else ended.push(auction);
        if (closed < 0) closed = event.dateTime;
        latestEnd = Math.max(latestEnd, event.expires);
      }
      if (closed >= 0) closeUpTo(event.dateTime - WATERMARK_DELAY_MS - 1);
    }
    closeUpTo(latestEnd);
  },
};

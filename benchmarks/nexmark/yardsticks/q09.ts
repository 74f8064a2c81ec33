import { NexmarkGenerator } from '../generator/generator.js';
import { AUCTION, BID, type Auction, type Bid } from '../model.js';
import { beats } from '../order.js';
import { rowOf } from '../queries/q09.js';
import type { Yardstick } from './yardstick.js';

interface Offer {
  readonly auction: Auction;
  best: Bid | undefined;
}

/** Query 9 by hand. */
export const y09: Yardstick = {
  name: 'q9',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const auctions = new Map<number, Offer>();
    const early = new Map<number, Bid[]>();
    const apply = (offer: Offer, bid: Bid): void => {
      const { auction, best } = offer;
      if (bid.dateTime < auction.dateTime || bid.dateTime > auction.expires || (best !== undefined && !beats(bid, best))) return;
      offer.best = bid;
      take({ kind: best === undefined ? 'insert' : 'update', key: auction.id, row: rowOf(auction, bid) });
    };
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind === BID) {
        const offer = auctions.get(event.auction);
        if (offer !== undefined) apply(offer, event);
        else if (early.has(event.auction)) early.get(event.auction)!.push(event);
        else early.set(event.auction, [event]);
      } else if (event.kind === AUCTION) {
        const offer = { auction: event, best: undefined };
        auctions.set(event.id, offer);
        for (const bid of early.get(event.id) ?? []) apply(offer, bid);
        early.delete(event.id);
      }
    }
  },
};

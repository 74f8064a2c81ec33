import { t, type TypeInfo } from 'millrace';
import type { Auction, Bid } from './model.js';

// Declared, so that state holds and writes them in an encoding made for them, and not in the one that describes itself.

/** The type of bids. */
export const bidType: TypeInfo<Bid> = t.struct({
  kind: t.number, auction: t.number, bidder: t.number, price: t.number, channel: t.string, url: t.string, dateTime: t.number, extra: t.string,
}) as TypeInfo as TypeInfo<Bid>;

/** The type of auctions. */
export const auctionType: TypeInfo<Auction> = t.struct({
  kind: t.number, id: t.number, itemName: t.string, description: t.string, initialBid: t.number, reserve: t.number, dateTime: t.number, expires: t.number,
  seller: t.number, category: t.number, extra: t.string,
}) as TypeInfo as TypeInfo<Auction>;

/** What is kept of a bid that comes before its auction. */
export const priceAndTime: TypeInfo<{ readonly price: number; readonly dateTime: number }> = t.struct({ price: t.number, dateTime: t.number });

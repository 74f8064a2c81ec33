import type { Bid } from './model.js';

// Many bids share a millisecond and some a price as well. The further comparisons make the winner the same in whatever
// order they arrive, so that results can be compared across parallelisms.

/** Whether a bid is to be preferred: the higher price, then the earlier time. */
export function beats(bid: Bid, other: Bid): boolean {
  if (bid.price !== other.price) return bid.price > other.price;
  if (bid.dateTime !== other.dateTime) return bid.dateTime < other.dateTime;
  return before(bid, other);
}

/** Whether a bid is the later one of two: by time, then by price. */
export function follows(bid: Bid, other: Bid): boolean {
  if (bid.dateTime !== other.dateTime) return bid.dateTime > other.dateTime;
  if (bid.price !== other.price) return bid.price > other.price;
  return before(bid, other);
}

/** An order of bids that are alike otherwise. */
function before(bid: Bid, other: Bid): boolean {
  if (bid.bidder !== other.bidder) return bid.bidder < other.bidder;
  if (bid.auction !== other.auction) return bid.auction < other.auction;
  return bid.extra === other.extra ? bid.url < other.url : bid.extra < other.extra;
}

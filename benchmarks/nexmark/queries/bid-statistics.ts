import { t, type TypeInfo } from 'millrace';
import type { Bid } from '../model.js';

/** Below the first, below the second, and above: the ranks of prices. */
const RANK_LIMITS = [10_000, 1_000_000] as const;

/** The rank of a price: 0, 1 or 2. */
export function rankOf(price: number): 0 | 1 | 2 {
  if (price < RANK_LIMITS[0]) return 0;
  return price < RANK_LIMITS[1] ? 1 : 2;
}

/** Numbers of bids, of different bidders and of different auctions: in all, and by the rank of the price. */
export interface BidStatistics {
  bids: number;
  bidsRank1: number;
  bidsRank2: number;
  bidsRank3: number;
  bidders: number;
  biddersRank1: number;
  biddersRank2: number;
  biddersRank3: number;
  auctions: number;
  auctionsRank1: number;
  auctionsRank2: number;
  auctionsRank3: number;
}

/** The type of statistics. */
export const statisticsType: TypeInfo<BidStatistics> = t.struct({
  bids: t.number, bidsRank1: t.number, bidsRank2: t.number, bidsRank3: t.number,
  bidders: t.number, biddersRank1: t.number, biddersRank2: t.number, biddersRank3: t.number,
  auctions: t.number, auctionsRank1: t.number, auctionsRank2: t.number, auctionsRank3: t.number,
});

/** The statistics of no bids. */
export function noBids(): BidStatistics {
  return {
    bids: 0, bidsRank1: 0, bidsRank2: 0, bidsRank3: 0,
    bidders: 0, biddersRank1: 0, biddersRank2: 0, biddersRank3: 0,
    auctions: 0, auctionsRank1: 0, auctionsRank2: 0, auctionsRank3: 0,
  };
}

/** Counts a bid, its bidder and its auction, given the ranks they were seen with before (a bit each; 0 when never). */
export function countBid(total: BidStatistics, bid: Pick<Bid, 'price'>, bidderRanks: number, auctionRanks: number): void {
  const rank = rankOf(bid.price);
  const isNewBidder = (bidderRanks & (1 << rank)) === 0;
  const isNewAuction = (auctionRanks & (1 << rank)) === 0;
  total.bids++;
  if (bidderRanks === 0) total.bidders++;
  if (auctionRanks === 0) total.auctions++;
  if (rank === 0) {
    total.bidsRank1++;
    if (isNewBidder) total.biddersRank1++;
    if (isNewAuction) total.auctionsRank1++;
  } else if (rank === 1) {
    total.bidsRank2++;
    if (isNewBidder) total.biddersRank2++;
    if (isNewAuction) total.auctionsRank2++;
  } else {
    total.bidsRank3++;
    if (isNewBidder) total.biddersRank3++;
    if (isNewAuction) total.auctionsRank3++;
  }
}

import { isBid, type Bid } from '../model.js';
import type { Query } from './query.js';

const CHANNEL_ID = /(&|^)channel_id=([^&]*)/;

/** Add channel id: by the name of the channel, or from the address. Bids without either are left out. */
export const q21: Query = {
  name: 'q21',
  title: 'bids with the id of their channel',
  results: 'rows',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        .map((bid) => ({ auction: bid.auction, bidder: bid.bidder, price: bid.price, channel: bid.channel, channelId: channelId(bid) }))
        .filter(({ channelId: id }) => id !== undefined),
    );
  },
};

/** The id of a bid's channel. */
export function channelId({ channel, url }: Bid): string | undefined {
  switch (channel.toLowerCase()) {
    case 'apple':
      return '0';
    case 'google':
      return '1';
    case 'facebook':
      return '2';
    case 'baidu':
      return '3';
    default:
      return CHANNEL_ID.exec(url)?.[2];
  }
}

/** The records of the Nexmark stream: what happens on an auction site. Times are epoch milliseconds, prices cents. */

/** The `kind` of a person, an auction and a bid. */
export const PERSON = 0;
export const AUCTION = 1;
export const BID = 2;

/** Somebody has registered. */
export interface Person {
  readonly kind: typeof PERSON;
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  readonly dateTime: number;
  readonly extra: string;
}

/** Something is offered until `expires`. */
export interface Auction {
  readonly kind: typeof AUCTION;
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

/** Somebody bids for an auction, which may come a little after the bid. */
export interface Bid {
  readonly kind: typeof BID;
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
}

/** One event of the stream. */
export type NexmarkEvent = Person | Auction | Bid;

/** Whether an event is a person. */
export function isPerson(event: NexmarkEvent): event is Person {
  return event.kind === PERSON;
}

/** Whether an event is an auction. */
export function isAuction(event: NexmarkEvent): event is Auction {
  return event.kind === AUCTION;
}

/** Whether an event is a bid. */
export function isBid(event: NexmarkEvent): event is Bid {
  return event.kind === BID;
}

/** Whether an event has to do with an auction: the auction itself, or a bid for it. */
export function isAuctionOrBid(event: NexmarkEvent): event is Auction | Bid {
  return event.kind !== PERSON;
}

/** Whether an event has to do with a person: the person, or an auction that somebody offers. */
export function isPersonOrAuction(event: NexmarkEvent): event is Person | Auction {
  return event.kind !== BID;
}

/** The auction that an event has to do with. */
export function auctionOf(event: Auction | Bid): number {
  return event.kind === BID ? event.auction : event.id;
}

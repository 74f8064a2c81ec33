import { AUCTION, BID, PERSON, type Auction, type Bid, type NexmarkEvent, type Person } from '../model.js';
import { advance, below, seedOf, word } from './random.js';
import {
  CHANNEL_NAMES, CHANNEL_URLS, CHANNELS, CITIES, FILLER, FIRST_NAMES, FOUR_DIGITS, HOT_CHANNELS, HOT_URLS, LAST_NAMES, PRICES, STATES,
} from './tables.js';
import { WordMaker } from './word-maker.js';

/** The event time of the first event. */
export const BASE_TIME = 1_700_000_000_000;
/** Events per second of event time. */
export const EVENTS_PER_SECOND = 100_000;

/** Of every 50 events the first is a person, the next three are auctions, the rest bids. */
const PER_EPOCH = 50;
const AUCTIONS_PER_EPOCH = 3;
const FIRST_ID = 1000;
/** Bids are for one of so many newest auctions, or for one that is still to come. */
const AUCTIONS_IN_FLIGHT = 100;
/** Bids and auctions are by one of so many newest persons, or by one that is still to come. */
const ACTIVE_PERSONS = 1000;
/** How many ids ahead of the newest a reference may be. */
const LEAD = 10;
/** One in so many persons and auctions is hot. */
const HOT_EVERY = 100;
const SPACE = 32;
/** Above it the number of an epoch may not fit a 32-bit word. */
const SMALL_NUMBERS = 2 ** 31;

/**
 * Makes the events of the stream. Event n depends on n alone: ask for any number in any order.
 *
 * Numbers below 2^31 stay small integers all the way, so that a record needs no
 * number objects but those of its times.
 */
export class NexmarkGenerator {
  readonly #baseTime: number;
  readonly #microsecondsApart: number;
  readonly #words: WordMaker;
  /**
   * The event made last. Keeping it makes sure that it is really made: a loop into which the compiler copies the generator
   * would otherwise compute only those fields it uses, which no program can that hands events on.
   */
  #last: NexmarkEvent | undefined;

  constructor(baseTime: number = BASE_TIME, eventsPerSecond: number = EVENTS_PER_SECOND) {
    this.#baseTime = baseTime;
    this.#microsecondsApart = 1e6 / eventsPerSecond;
    this.#words = new WordMaker();
    this.#last = undefined;
  }

  /** The event made last. */
  get last(): NexmarkEvent | undefined {
    return this.#last;
  }

  /** Event n of the stream. */
  event(n: number): NexmarkEvent {
    const epoch = n < SMALL_NUMBERS ? (n / PER_EPOCH) | 0 : Math.floor(n / PER_EPOCH);
    const place = (n - epoch * PER_EPOCH) | 0;
    let event: NexmarkEvent;
    if (place > AUCTIONS_PER_EPOCH) event = this.#bid(n, epoch);
    else if (place === 0) event = this.#person(n, epoch);
    else event = this.#auction(n, epoch, place - 1);
    this.#last = event;
    return event;
  }

  /** When event n happens, in epoch milliseconds. */
  timeOf(n: number): number {
    return this.#baseTime + Math.floor((n * this.#microsecondsApart) / 1000);
  }

  #bid(n: number, epoch: number): Bid {
    let state = advance(seedOf(n));
    const newest = epoch * AUCTIONS_PER_EPOCH + AUCTIONS_PER_EPOCH - 1;
    let auction: number;
    if (word(state) >>> 31 !== 0) {
      auction = newest - (newest % HOT_EVERY);
    } else {
      state = advance(state);
      const oldest = newest < AUCTIONS_IN_FLIGHT ? 0 : newest - AUCTIONS_IN_FLIGHT;
      auction = oldest + below(state, newest - oldest + 1 + LEAD);
    }
    state = advance(state);
    let bidder: number;
    if (word(state) >>> 30 !== 0) {
      bidder = epoch - (epoch % HOT_EVERY) + 1;
    } else {
      state = advance(state);
      bidder = anyPerson(state, epoch);
    }
    state = advance(state);
    const price = PRICES[word(state) >>> 16]!;
    state = advance(state);
    const hotChannel = word(state) >>> 31 !== 0;
    state = advance(state);
    const channel = below(state, hotChannel ? HOT_CHANNELS.length : CHANNELS);
    // 100 letters in all are meant, of which the other fields count as 32: 54 to 81 are left.
    state = advance(state);
    const length = 54 + below(state, 28);
    state = advance(state);
    const from = below(state, FILLER.length - length);
    return {
      kind: BID,
      auction: auction + FIRST_ID,
      bidder: bidder + FIRST_ID,
      price,
      channel: (hotChannel ? HOT_CHANNELS : CHANNEL_NAMES)[channel]!,
      url: (hotChannel ? HOT_URLS : CHANNEL_URLS)[channel]!,
      dateTime: this.timeOf(n),
      extra: FILLER.substring(from, from + length),
    };
  }

  #auction(n: number, epoch: number, place: number): Auction {
    const dateTime = this.timeOf(n);
    let state = advance(seedOf(n));
    let seller: number;
    if (word(state) >>> 30 !== 0) {
      seller = epoch - (epoch % HOT_EVERY);
    } else {
      state = advance(state);
      seller = anyPerson(state, epoch);
    }
    state = advance(state);
    const category = 10 + below(state, 5);
    state = advance(state);
    const initialBid = PRICES[word(state) >>> 16]!;
    // It ends when about as many auctions have begun as are in flight, or up to twice as late.
    const horizon = this.timeOf(n + Math.floor((AUCTIONS_IN_FLIGHT * PER_EPOCH) / AUCTIONS_PER_EPOCH)) - dateTime;
    state = advance(state);
    const expires = dateTime + 1 + below(state, Math.max(horizon * 2, 1));
    const words = this.#words;
    words.state = state;
    const itemName = words.make(20, SPACE);
    const description = words.make(100, SPACE);
    state = advance(words.state);
    const reserve = initialBid + PRICES[word(state) >>> 16]!;
    words.state = state;
    const extra = this.#extra(8 + itemName.length + description.length + 40, 500);
    const id = epoch * AUCTIONS_PER_EPOCH + place + FIRST_ID;
    return { kind: AUCTION, id, itemName, description, initialBid, reserve, dateTime, expires, seller: seller + FIRST_ID, category, extra };
  }

  #person(n: number, epoch: number): Person {
    let state = advance(seedOf(n));
    const firstName = FIRST_NAMES[below(state, FIRST_NAMES.length)]!;
    state = advance(state);
    const name = `${firstName} ${LAST_NAMES[below(state, LAST_NAMES.length)]!}`;
    const words = this.#words;
    words.state = state;
    const mailbox = words.make(7, SPACE);
    const email = `${mailbox}@${words.make(5, SPACE)}.com`;
    const creditCard = `${this.#fourDigits()} ${this.#fourDigits()} ${this.#fourDigits()} ${this.#fourDigits()}`;
    state = advance(words.state);
    const city = CITIES[below(state, CITIES.length)]!;
    state = advance(state);
    const home = STATES[below(state, STATES.length)]!;
    words.state = state;
    const extra = this.#extra(8 + name.length + email.length + creditCard.length + city.length + home.length, 200);
    return { kind: PERSON, id: epoch + FIRST_ID, name, email, creditCard, city, state: home, dateTime: this.timeOf(n), extra };
  }

  #fourDigits(): string {
    const state = advance(this.#words.state);
    this.#words.state = state;
    return FOUR_DIGITS[below(state, FOUR_DIGITS.length)]!;
  }

  /** Filler that brings a record of `size` letters to about `average`, 20 % more or less. */
  #extra(size: number, average: number): string {
    if (size > average) return '';
    const missing = average - size;
    const spread = Math.round(missing * 0.2);
    let { state } = this.#words;
    let length = missing - spread;
    if (spread > 0) {
      state = advance(state);
      length += below(state, 2 * spread);
    }
    const from = below(advance(state), FILLER.length - length);
    return FILLER.substring(from, from + length);
  }
}

/** One of the persons who are active in an epoch, or one of the next. */
function anyPerson(state: number, epoch: number): number {
  const active = epoch < ACTIVE_PERSONS ? epoch + 1 : ACTIVE_PERSONS;
  return epoch + 1 - active + below(state, active + LEAD);
}

/** What is bounded: I10 and I11. */
import { defineInvariant, type Invariant } from './invariant.js';

/** One channel's batches under way, at the moment they were most, and credits given for batches that were not sent. */
export interface ChannelFlow {
  readonly channel: string;
  readonly mostInFlight: number;
  readonly limit: number;
  /** The lowest that sent minus returned ever was; below 0 when credit came for nothing. */
  readonly leastOutstanding: number;
}

/** I10: credits ≥ 0, data in flight ≤ limit. */
export const flowIsBounded: Invariant<readonly ChannelFlow[]> = defineInvariant('I10', 'no credit without a batch, and no more in flight than the limit', (channels) => {
  for (const { channel, mostInFlight, limit, leastOutstanding } of channels) {
    if (mostInFlight > limit) return `${channel} had ${mostInFlight} batches in flight, with a limit of ${limit}`;
    if (leastOutstanding < 0) return `${channel} was given back ${-leastOutstanding} batches more than it had sent`;
  }
  return undefined;
});

/** What a run held at its worst, in the unit of its bound. */
export interface Held {
  readonly what: string;
  readonly most: number;
  readonly bound: number;
}

/** I11: memory ≤ bound: bytes of a process, or records between a source and a sink. */
export const memoryIsBounded: Invariant<readonly Held[]> = defineInvariant('I11', 'what a run holds stays within its bound', (all) => {
  for (const { what, most, bound } of all) if (most > bound) return `${what}: ${most}, with a bound of ${bound}`;
  return undefined;
});

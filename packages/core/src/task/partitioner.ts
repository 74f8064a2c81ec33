import type { StageCode } from '../operators/fusion/stage-code.js';

/** Chooses the channel of each record. */
export interface Partitioner {
  /** Index of the channel, or {@link ALL_CHANNELS}. */
  channelOf(value: unknown): number;
  /** True when no record can be changed or kept by the choice. */
  readonly onlyReads?: boolean;
  /** `channelOf` as text, for a record in the variable `value`: not offered where a record may go to all channels. */
  fuseChannel?(code: StageCode, value: string): ChannelText;
}

/** The answer of a partitioner that sends a record to every channel. */
export const ALL_CHANNELS: number = -1;

/** How generated code finds the channel of a record. */
export interface ChannelText {
  /** Statements that come first. */
  readonly declare: string;
  /** The index of the channel: an expression, or the number when it is the same for every record. */
  readonly channel: string | number;
}

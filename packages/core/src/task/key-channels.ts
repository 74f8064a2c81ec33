import { onlyReads } from '../operators/fusion/function-text.js';
import { keyText } from '../operators/fusion/key-text.js';
import type { StageCode } from '../operators/fusion/stage-code.js';
import { fieldOf } from '../operators/key-field.js';
import { keyGroupFor, keyHash, subtaskForKeyGroup } from '../record/key-hash.js';
import type { ChannelText, Partitioner } from './partitioner.js';

/** So many keys are remembered; a power of two. Keys and channels together stay in the nearest cache. */
const REMEMBERED_BITS = 11;
/** Spreads neighbouring whole numbers over all places (the golden ratio of 32 bits). */
const SPREAD = -1640531527;

/**
 * Sends each key to the subtask that owns its key group. The hash of a key is made for stored state, and is dear where
 * it is asked for with every record: so the channels of the whole numbers that came last are remembered.
 */
export class KeyChannels implements Partitioner {
  readonly onlyReads: boolean;
  readonly #keyOf: (value: unknown) => unknown;
  readonly #maxParallelism: number;
  /** The channel of each key group. */
  readonly #channelOfGroup: Uint16Array;
  /** Remembered keys, each at the one place where it may be, and their channels. */
  readonly #keys: Int32Array;
  readonly #channelOfPlace: Uint16Array;

  constructor(keyOf: (value: unknown) => unknown, maxParallelism: number, channels: number) {
    this.onlyReads = fieldOf(keyOf) !== undefined || onlyReads(keyOf);
    this.#keyOf = keyOf;
    this.#maxParallelism = maxParallelism;
    this.#channelOfGroup = Uint16Array.from({ length: maxParallelism }, (_, group) => subtaskForKeyGroup(group, channels, maxParallelism));
    this.#keys = new Int32Array(1 << REMEMBERED_BITS);
    this.#channelOfPlace = new Uint16Array(1 << REMEMBERED_BITS);
    // A place that was never used holds key 0, which is looked for in the first place only.
    this.#channelOfPlace[0] = this.ownerOf(0);
  }

  channelOf(value: unknown): number {
    return this.channelOfKey(this.#keyOf(value));
  }

  /** The channel of a key, which is remembered. */
  channelOfKey(key: unknown): number {
    if (typeof key !== 'number' || (key | 0) !== key) return this.ownerOf(key);
    const place = Math.imul(key, SPREAD) >>> (32 - REMEMBERED_BITS);
    if (this.#keys[place] === key) return this.#channelOfPlace[place] as number;
    const channel = this.ownerOf(key);
    this.#keys[place] = key;
    this.#channelOfPlace[place] = channel;
    return channel;
  }

  /** `channelOf` as text, with a look at what is remembered. */
  fuseChannel(code: StageCode, value: string): ChannelText {
    const keys = code.part(this.#keys);
    return {
      declare: `
${keyText(code, this.#keyOf, value)}
let channel = -1;
if (typeof key === 'number' && (key | 0) === key) {
  const place = Math.imul(key, ${SPREAD}) >>> ${32 - REMEMBERED_BITS};
  if (${keys}[place] === (key | 0)) channel = ${code.part(this.#channelOfPlace)}[place];
}
if (channel < 0) channel = ${code.part(this)}.channelOfKey(key);`,
      channel: 'channel',
    };
  }

  /** The channel of a key, for who asks once for each. */
  ownerOf(key: unknown): number {
    return this.#channelOfGroup[keyGroupFor(keyHash(key), this.#maxParallelism)] as number;
  }
}

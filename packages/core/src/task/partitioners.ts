import { assert } from '../base/assert.js';
import type { Random } from '../base/platform.js';
import type { Partitioning } from '../graph/stream-graph.js';
import type { EdgeProgram } from '../operators/job-program.js';
import { CustomPartitionOutOfRange } from './errors.js';
import { KeyChannels } from './key-channels.js';
import { ALL_CHANNELS, type ChannelText, type Partitioner } from './partitioner.js';

/** What a partitioner depends on. */
export interface PartitionerContext {
  readonly partitioning: Partitioning;
  readonly program: EdgeProgram | undefined;
  readonly channels: number;
  /** Index of the sending subtask: where a round starts, so that senders do not all begin at the first channel. */
  readonly sender: number;
  readonly maxParallelism: number;
  readonly random: Random;
  /** Name of the operator that receives, for errors. */
  readonly target: string;
}

/** Makes the partitioner of one sending subtask and edge. */
export function createPartitioner(context: PartitionerContext): Partitioner {
  switch (context.partitioning) {
    case 'forward':
    case 'global':
      return new FirstChannel();
    case 'broadcast':
      return context.channels === 1 ? new FirstChannel() : new EveryChannel();
    case 'rebalance':
    case 'rescale':
      return context.channels === 1 ? new FirstChannel() : new RoundRobin(context.channels, context.sender);
    case 'shuffle':
      return new Shuffle(context.channels, context.random);
    case 'hash':
      return new KeyChannels(keySelector(context), context.maxParallelism, context.channels);
    case 'custom':
      return new Custom(context);
  }
}

function keySelector(context: PartitionerContext): (value: unknown) => unknown {
  const keyOf = context.program?.keyOf;
  assert(keyOf !== undefined, `a ${context.partitioning} edge has a key selector`);
  return keyOf;
}

class FirstChannel implements Partitioner {
  readonly onlyReads = true;

  channelOf(): number {
    return 0;
  }

  fuseChannel(): ChannelText {
    return { declare: '', channel: 0 };
  }
}

class EveryChannel implements Partitioner {
  channelOf(): number {
    return ALL_CHANNELS;
  }
}

class RoundRobin implements Partitioner {
  readonly onlyReads = true;
  readonly #channels: number;
  #next: number;

  constructor(channels: number, sender: number) {
    this.#channels = channels;
    this.#next = sender % channels;
  }

  channelOf(): number {
    const channel = this.#next;
    this.#next = channel + 1 === this.#channels ? 0 : channel + 1;
    return channel;
  }
}

class Shuffle implements Partitioner {
  readonly onlyReads = true;
  readonly #channels: number;
  readonly #random: Random;

  constructor(channels: number, random: Random) {
    this.#channels = channels;
    this.#random = random;
  }

  channelOf(): number {
    return this.#random.nextUint32() % this.#channels;
  }
}

class Custom implements Partitioner {
  readonly #keyOf: (value: unknown) => unknown;
  readonly #partition: (key: unknown, channels: number) => number;
  readonly #channels: number;
  readonly #target: string;

  constructor(context: PartitionerContext) {
    this.#keyOf = keySelector(context);
    const partition = context.program?.partition;
    assert(partition !== undefined, 'a custom edge has a partition function');
    this.#partition = partition;
    this.#channels = context.channels;
    this.#target = context.target;
  }

  channelOf(value: unknown): number {
    const channel = this.#partition(this.#keyOf(value), this.#channels);
    if (Number.isInteger(channel) && channel >= 0 && channel < this.#channels) return channel;
    throw CustomPartitionOutOfRange.error({
      what: `the partition function in front of "${this.#target}" returned ${String(channel)} for ${this.#channels} channels`,
      where: { operator: this.#target },
    });
  }
}

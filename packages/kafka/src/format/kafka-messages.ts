import { t, type TypeInfo } from '@millrace/core';
import type { Decoder, DecodeContext, DecodeErrorPolicy, DecodeTarget, Format } from '@millrace/core/spi';
import { invalidOption } from '../connection.js';
import type { KafkaHeader, KafkaMessage, MessageFormat } from './message.js';

/** A message as a record: decoded key and value, and where it came from. */
export interface KafkaRecord<K, V> {
  /** Null where the message has no key. */
  readonly key: K | null;
  /** Null where the message has no value: it deletes the key, in a compacted topic. */
  readonly value: V | null;
  readonly headers: readonly KafkaHeader[];
  readonly timestamp: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** How {@link kafkaMessages} decodes. */
export interface KafkaMessagesOptions<K, V> {
  readonly key: Format<K>;
  readonly value: Format<V>;
  /** What to do with a message that cannot be decoded; what the format of the value says unless given, and `fail` where that says nothing. */
  readonly onError?: DecodeErrorPolicy;
}

/**
 * Reads whole messages: key and value in formats of their own, headers, timestamp, and the place.
 *
 * @example
 * ```ts no-run needs a broker
 * import { json, raw } from 'millrace';
 * import { kafkaMessages, kafkaSource } from '@millrace/kafka';
 *
 * const customers = kafkaSource({ brokers: 'localhost:9092', topics: 'customers', format: kafkaMessages({ key: raw(), value: json() }) });
 * ```
 */
export function kafkaMessages<K, V>(options: KafkaMessagesOptions<K, V>): MessageFormat<KafkaRecord<K, V>> {
  const { key, value } = options;
  if (typeof key?.createDecoder !== 'function' || typeof value?.createDecoder !== 'function') throw invalidOption('kafkaMessages', 'key and value must both have a format');
  const onError = policyOf(options);
  return {
    kind: 'kafka-message',
    name: `${key.name}/${value.name} messages`,
    type: t.dynamic as TypeInfo<KafkaRecord<K, V>>,
    ...(onError === undefined ? {} : { onError }),
    createDecoder: (context) => {
      const keys = new OneValue(key, { ...context, isKey: true });
      const values = new OneValue(value, context);
      return {
        start: () => both(keys.start(), values.start()),
        ...(keys.prepares || values.prepares ? { prepare: (message: KafkaMessage) => both(keys.prepare(message.key), values.prepare(message.value)) } : {}),
        decode(message, out) {
          const { topic, partition, offset, timestamp, headers } = message;
          out.record({ key: keys.decode(message.key), value: values.decode(message.value), headers, timestamp, topic, partition, offset }, values.timestamp);
        },
      };
    },
  };
}

/** One policy for the message, since it is one record. That of a key alone might pass over values for which nobody has said so. */
function policyOf({ key, value, onError }: KafkaMessagesOptions<unknown, unknown>): DecodeErrorPolicy | undefined {
  if (onError !== undefined) return onError;
  if (key.onError !== undefined && key.onError !== value.onError) {
    throw invalidOption('kafkaMessages', `the format of the key has onError "${key.onError}" and that of the value ${value.onError === undefined ? 'none' : `"${value.onError}"`}: a message follows one, so give kafkaMessages an onError of its own`);
  }
  return value.onError;
}

function both(left: Promise<void> | undefined, right: Promise<void> | undefined): Promise<void> | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Promise.all([left, right]).then(() => undefined);
}

/** Decodes bytes that hold one value. */
class OneValue<T> implements DecodeTarget<T> {
  timestamp: number;
  readonly #decoder: Decoder<T>;
  #value: T | null;

  constructor(format: Format<T>, context: DecodeContext) {
    this.timestamp = Number.NaN;
    this.#decoder = format.createDecoder(context);
    this.#value = null;
  }

  /** Whether the decoder may have to fetch something. */
  get prepares(): boolean {
    return this.#decoder.prepare !== undefined;
  }

  start(): Promise<void> | undefined {
    return this.#decoder.start?.();
  }

  prepare(bytes: Uint8Array | null): Promise<void> | undefined {
    return bytes === null ? undefined : this.#decoder.prepare?.(bytes, 0, bytes.length);
  }

  decode(bytes: Uint8Array | null): T | null {
    this.#value = null;
    this.timestamp = Number.NaN;
    if (bytes !== null) this.#decoder.decode(bytes, 0, bytes.length, this);
    return this.#value;
  }

  record(value: T, timestamp: number): void {
    this.#value = value;
    this.timestamp = timestamp;
  }
}

import type { DecodeContext, DecodeErrorPolicy, DecodeTarget, TypeInfo } from '@millrace/core/spi';

/**
 * A record of a topic with all that Kafka knows about it, as a {@link MessageFormat} sees it. The same object is used for
 * every record, and `key` and `value` are views of bytes that are used again: copy what is to be kept.
 */
export interface KafkaMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds: when it was produced or, where the topic says so, appended. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  /** Null deletes the key, in a compacted topic. */
  readonly value: Uint8Array | null;
  /** In their order; a name may come more than once. Read when it is asked for. */
  readonly headers: readonly KafkaHeader[];
}

/** A header of a record. */
export interface KafkaHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

/** Decodes whole messages, for formats that need more than the value: keys, headers, deletions. */
export interface MessageFormat<T> {
  readonly kind: 'kafka-message';
  readonly name: string;
  readonly type: TypeInfo<T>;
  /** What to do with a message that cannot be decoded; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
  /** One decoder serves one partition at a time. */
  createDecoder(context: DecodeContext): MessageDecoder<T>;
}

/** Turns messages into records. */
export interface MessageDecoder<T> {
  /** Hands over none, one or several records. Throws a coded error for a message it cannot decode. */
  decode(message: KafkaMessage, out: DecodeTarget<T>): void;
  /** Checks before the first message that messages will be readable, as `Decoder.start` does. */
  start?(): Promise<void> | undefined;
  /** Fetches what this message needs before it can be decoded, as `Decoder.prepare` does; undefined at once when nothing. */
  prepare?(message: KafkaMessage): Promise<void> | undefined;
}

import { toHex } from '@millrace/core/spi';
import { WireFormatInvalid } from './errors.js';

/** How many bytes stand before the payload: a zero byte and the id. */
export const WIRE_HEADER_BYTES = 5;

/** The id of the schema in the frame `bytes[from, to)` of the Confluent wire format. Throws `MR-4210`. */
export function schemaIdAt(bytes: Uint8Array, from: number, to: number): number {
  if (to - from >= WIRE_HEADER_BYTES && bytes[from] === 0) return new DataView(bytes.buffer, bytes.byteOffset + from + 1, 4).getUint32(0);
  throw WireFormatInvalid.error({ what: `the record begins with ${to > from ? toHex(bytes.subarray(from, Math.min(to, from + WIRE_HEADER_BYTES))) : 'nothing'}` });
}

/** The bytes that begin every record of a schema. */
export function wireHeader(id: number): Uint8Array {
  const header = new Uint8Array(WIRE_HEADER_BYTES);
  new DataView(header.buffer).setUint32(1, id);
  return header;
}

/** Where a message type stands in its file: an index per level of nesting. */
export interface MessageIndexes {
  readonly indexes: readonly number[];
  /** Where the payload begins. */
  readonly end: number;
}

/** More levels of nesting are no message type. */
const MOST_LEVELS = 32;

/** The message indexes that stand behind the id in records of Protobuf. Throws `MR-4210`. */
export function messageIndexesAt(bytes: Uint8Array, from: number, to: number): MessageIndexes {
  let at = from;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; at < to && scale <= 2 ** 28; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw WireFormatInvalid.error({ what: 'the record ends within the place of its message type' });
  };
  const count = next();
  if (count < 0 || count > MOST_LEVELS) throw WireFormatInvalid.error({ what: `the message type of the record would have ${count} levels` });
  const indexes = count === 0 ? [0] : Array.from({ length: count }, next);
  return { indexes, end: at };
}

/** The bytes of message indexes; the first message of a file is a single zero. */
export function messageIndexBytes(indexes: readonly number[]): Uint8Array {
  if (indexes.length === 1 && indexes[0] === 0) return Uint8Array.of(0);
  const bytes: number[] = [];
  for (const value of [indexes.length, ...indexes]) {
    let rest = value * 2;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

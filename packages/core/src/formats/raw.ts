import type { DecodeErrorPolicy } from '../connector/dead-letter.js';
import type { ByteSink, Decoder, Encoder, Format } from '../connector/format.js';
import { t } from '../record/types/t.js';
import { FormatOptionInvalid, RawNotEncodable } from './errors.js';
import { textOf } from './text-of.js';

/** How `raw()` reads. */
export interface RawOptions {
  /** What to do with a line that is no valid text; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
}

/** Each line (or message) as it is: a text, or its bytes. Empty lines of a file are passed over. */
export function raw(kind?: 'string', options?: RawOptions): Format<string>;
export function raw(kind: 'bytes', options?: RawOptions): Format<Uint8Array>;
export function raw(kind: 'bytes' | 'string' = 'string', options: RawOptions = {}): Format<never> {
  const common = { name: 'raw', framing: 'lines', separator: '\n', fileExtension: 'txt', ...options } as const;
  if (kind === 'string') {
    const format: Format<string> = { ...common, type: t.string, createDecoder: (context) => stringDecoder(context.encoding === 'latin1'), createEncoder: () => stringEncoder };
    return format as unknown as Format<never>;
  }
  if (kind !== 'bytes') throw FormatOptionInvalid.error({ what: `raw() knows 'string' and 'bytes', not ${JSON.stringify(kind)}` });
  const format: Format<Uint8Array> = { ...common, type: t.bytes, createDecoder: () => bytesDecoder, createEncoder: () => bytesEncoder };
  return format as unknown as Format<never>;
}

function stringDecoder(latin1: boolean): Decoder<string> {
  return {
    decode: (bytes, from, to, out) => out.record(textOf(bytes, from, to, latin1), Number.NaN),
    decodeText: (text, out) => out.record(text, Number.NaN),
  };
}

const bytesDecoder: Decoder<Uint8Array> = Object.freeze({
  decode: (bytes: Uint8Array, from: number, to: number, out: { record(value: Uint8Array, timestamp: number): void }) => out.record(bytes.slice(from, to), Number.NaN),
});

const stringEncoder: Encoder<string> = Object.freeze({
  encode: (value: string, out: ByteSink) => {
    if (typeof value !== 'string') throw RawNotEncodable.error({ what: `the record is a ${typeof value}, not a string` });
    if (value.includes('\n')) throw RawNotEncodable.error({ what: 'the string has a line feed in it' });
    out.utf8(value);
  },
});

const bytesEncoder: Encoder<Uint8Array> = Object.freeze({
  encode: (value: Uint8Array, out: ByteSink) => {
    if (!(value instanceof Uint8Array)) throw RawNotEncodable.error({ what: `the record is a ${typeof value}, not a Uint8Array` });
    if (value.includes(10)) throw RawNotEncodable.error({ what: 'the bytes have a line feed among them' });
    out.bytes(value);
  },
});

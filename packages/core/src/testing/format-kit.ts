import { ByteWriter, concatBytes, encodeUtf8 } from '../base/bytes.js';
import { MillraceError } from '../base/errors.js';
import { MetricRegistry } from '../base/metrics.js';
import { DEFAULT_MAX_DEPTH, type Decoder, type Format } from '../connector/format.js';
import { expectKit } from './kit-errors.js';

/** One test of a conformance kit: any test runner can run it. It throws when the subject does not conform. */
export interface KitTest {
  readonly name: string;
  run(): Promise<void> | void;
}

/** What the format kit is given. */
export interface FormatKitSubject<T> {
  readonly format: Format<T>;
  /** Records that must come back as they are. */
  readonly values: readonly T[];
  /** Frames that must be refused with a coded error. */
  readonly malformed: readonly (Uint8Array | string)[];
  /** Says whether two values are the same. */
  equal(left: T, right: T): boolean;
}

/** The tests that every format must pass. */
export function formatKit<T>(subject: FormatKitSubject<T>): readonly KitTest[] {
  const { format } = subject;
  return [
    { name: 'round trip: each record alone', run: () => subject.values.forEach((value) => expectSame(subject, [value])) },
    { name: 'round trip: all records in one stream', run: () => expectSame(subject, subject.values) },
    { name: 'records in the middle of foreign bytes', run: () => inTheMiddle(subject) },
    { name: 'malformed input gives a coded error and does no harm to the next record', run: () => malformedInput(subject) },
    { name: 'a record that cannot be encoded leaves the encoder usable', run: () => encoderAfterFailure(subject) },
    { name: 'text and bytes decode alike', run: () => textLikeBytes(subject) },
    { name: 'the state of a decoder is plain data and goes on in another', run: () => stateMoves(subject) },
    {
      name: 'the format names what a connector needs to know',
      run: () => {
        expectKit(format.name !== '' && typeof format.type.kind === 'string', 'a format has a name and a type');
        expectKit(format.framing === 'none' || format.separator !== '', 'a format of lines has a separator');
      },
    },
  ];
}

function decoderOf<T>(format: Format<T>): Decoder<T> {
  return format.createDecoder({ source: 'kit', maxDepth: DEFAULT_MAX_DEPTH, metrics: new MetricRegistry() });
}

function encodeAll<T>(format: Format<T>, values: readonly T[]): Uint8Array {
  const writer = new ByteWriter();
  const encoder = format.createEncoder();
  writer.utf8(encoder.header?.() ?? '');
  for (const value of values) {
    encoder.encode(value, writer);
    writer.utf8(format.separator);
  }
  return writer.toBytes();
}

/** Cuts a stream as a connector does. */
function decodeAll<T>(format: Format<T>, bytes: Uint8Array, decoder: Decoder<T> = decoderOf(format)): T[] {
  const values: T[] = [];
  const out = { record: (value: T): void => void values.push(value) };
  for (let at = 0; at < bytes.length; ) {
    const end = frameEnd(format, decoder, bytes, at);
    const withoutEnd = decoder.frameEnd === undefined && bytes[end - 1] === 10 ? end - 1 : end;
    if (withoutEnd > at) decoder.decode(bytes, at, withoutEnd, out);
    at = end;
  }
  return values;
}

function frameEnd<T>(format: Format<T>, decoder: Decoder<T>, bytes: Uint8Array, at: number): number {
  if (decoder.frameEnd !== undefined) return decoder.frameEnd(bytes, at, bytes.length, true);
  const found = format.framing === 'none' ? -1 : bytes.indexOf(10, at);
  return found < 0 ? bytes.length : found + 1;
}

function expectSame<T>(subject: FormatKitSubject<T>, values: readonly T[]): void {
  const back = decodeAll(subject.format, encodeAll(subject.format, values));
  expectKit(back.length === values.length, `${values.length} records come back, not ${back.length}`);
  back.forEach((value, at) => expectKit(subject.equal(value, values[at]!), `record ${at} comes back as it was`));
}

function inTheMiddle<T>(subject: FormatKitSubject<T>): void {
  const { format } = subject;
  for (const value of subject.values) {
    const frame = new ByteWriter();
    const encoder = format.createEncoder();
    if (encoder.header?.() !== undefined) return;
    encoder.encode(value, frame);
    const noise = encodeUtf8('"{[,');
    const values: T[] = [];
    decoderOf(format).decode(concatBytes([noise, frame.view(), noise]), noise.length, noise.length + frame.length, { record: (back) => values.push(back) });
    expectKit(values.length === 1 && subject.equal(values[0]!, value), 'a decoder reads its frame only');
  }
}

function malformedInput<T>(subject: FormatKitSubject<T>): void {
  const decoder = decoderOf(subject.format);
  const head = subject.format.createEncoder().header?.();
  const out = { record: (): void => undefined };
  if (head !== undefined) decodeAll(subject.format, encodeUtf8(head), decoder);
  for (const frame of subject.malformed) {
    const bytes = typeof frame === 'string' ? encodeUtf8(frame) : frame;
    let error: unknown;
    try {
      decoder.decode(bytes, 0, bytes.length, out);
    } catch (thrown) {
      error = thrown;
    }
    expectKit(error instanceof MillraceError, `malformed input is refused with a coded error: ${JSON.stringify(frame)} gave ${String(error)}`);
    const rest = new ByteWriter();
    subject.format.createEncoder().encode(subject.values[0]!, rest);
    decoder.decode(rest.toBytes(), 0, rest.length, out);
  }
}

function encoderAfterFailure<T>(subject: FormatKitSubject<T>): void {
  const encoder = subject.format.createEncoder();
  const writer = new ByteWriter();
  try {
    encoder.encode((() => undefined) as unknown as T, writer);
  } catch (error) {
    expectKit(error instanceof MillraceError, 'a record that cannot be encoded gives a coded error');
  }
  writer.reset();
  encoder.encode(subject.values[0]!, writer);
  expectKit(writer.length > 0 || encodeAll(subject.format, [subject.values[0]!]).length <= subject.format.separator.length, 'an encoder works after a failure');
}

function textLikeBytes<T>(subject: FormatKitSubject<T>): void {
  const decoder = decoderOf(subject.format);
  if (decoder.decodeText === undefined) return;
  for (const value of subject.values) {
    const writer = new ByteWriter();
    subject.format.createEncoder().encode(value, writer);
    const values: T[] = [];
    const out = { record: (back: T): void => void values.push(back) };
    decoder.decodeText(new TextDecoder('utf-8', { ignoreBOM: true }).decode(writer.view()), out);
    decoder.decode(writer.toBytes(), 0, writer.length, out);
    expectKit(values.length === 2 && subject.equal(values[0]!, values[1]!), 'text and bytes decode alike');
  }
}

function stateMoves<T>(subject: FormatKitSubject<T>): void {
  const { format, values } = subject;
  const half = values.length >> 1;
  const first = decoderOf(format);
  const whole = encodeAll(format, values);
  const head = encodeAll(format, values.slice(0, half));
  const read = decodeAll(format, head, first);
  const second = decoderOf(format);
  const state = structuredClone(first.snapshot?.());
  if (state !== undefined) second.restore?.(state);
  read.push(...decodeAll(format, whole.subarray(head.length), second));
  expectKit(read.length === values.length && read.every((value, at) => subject.equal(value, values[at]!)), 'a decoder goes on where another stopped');
}

import { ByteWriter, concatBytes, encodeUtf8 } from '../base/bytes.js';
import { MillraceError } from '../base/errors.js';
import { MetricRegistry } from '../base/metrics.js';
import { DEFAULT_MAX_DEPTH, type Decoder, type DecodeTarget, type Encoder, type Format } from '../connector/format.js';
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
    { name: 'round trip: each record alone', run: () => eachAlone(subject) },
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

async function eachAlone<T>(subject: FormatKitSubject<T>): Promise<void> {
  for (const value of subject.values) await expectSame(subject, [value]);
}

/** How a kit's decoder and encoder are told of their place. */
const TOPIC = 'kit';

function decoderOf<T>(format: Format<T>): Decoder<T> {
  return format.createDecoder({ source: 'kit', maxDepth: DEFAULT_MAX_DEPTH, metrics: new MetricRegistry() });
}

async function encoderOf<T>(format: Format<T>): Promise<Encoder<T>> {
  const encoder = format.createEncoder();
  await encoder.start?.({ topic: TOPIC });
  return encoder;
}

async function encodeOne<T>(format: Format<T>, value: T): Promise<Uint8Array> {
  const writer = new ByteWriter();
  (await encoderOf(format)).encode(value, writer);
  return writer.toBytes();
}

/** What a connector hands on: one stream, or one message per record for a format without framing. */
async function encodeAll<T>(format: Format<T>, values: readonly T[]): Promise<Uint8Array[]> {
  const encoder = await encoderOf(format);
  const writer = new ByteWriter();
  const messages: Uint8Array[] = [];
  writer.utf8(encoder.header?.() ?? '');
  for (const value of values) {
    encoder.encode(value, writer);
    if (format.framing === 'none') {
      messages.push(writer.toBytes());
      writer.reset();
    } else {
      writer.utf8(format.separator);
    }
  }
  return format.framing === 'none' ? messages : [writer.toBytes()];
}

/** Cuts a stream as a connector does, and waits as a source of messages does. */
async function decodeAll<T>(format: Format<T>, streams: readonly Uint8Array[], decoder: Decoder<T> = decoderOf(format)): Promise<T[]> {
  const values: T[] = [];
  const out = { record: (value: T): void => void values.push(value) };
  for (const bytes of streams) {
    for (let at = 0; at < bytes.length; ) {
      const end = frameEnd(format, decoder, bytes, at);
      const hasSeparator = format.framing !== 'none' && decoder.frameEnd === undefined && bytes[end - 1] === 10;
      const withoutEnd = hasSeparator ? end - 1 : end;
      if (withoutEnd > at) await decodeOne(decoder, bytes, at, withoutEnd, out);
      at = end;
    }
  }
  return values;
}

async function decodeOne<T>(decoder: Decoder<T>, bytes: Uint8Array, from: number, to: number, out: DecodeTarget<T>): Promise<void> {
  await decoder.prepare?.(bytes, from, to);
  decoder.decode(bytes, from, to, out);
}

function frameEnd<T>(format: Format<T>, decoder: Decoder<T>, bytes: Uint8Array, at: number): number {
  if (decoder.frameEnd !== undefined) return decoder.frameEnd(bytes, at, bytes.length, true);
  const found = format.framing === 'none' ? -1 : bytes.indexOf(10, at);
  return found < 0 ? bytes.length : found + 1;
}

async function expectSame<T>(subject: FormatKitSubject<T>, values: readonly T[]): Promise<void> {
  const back = await decodeAll(subject.format, await encodeAll(subject.format, values));
  expectKit(back.length === values.length, `${values.length} records come back, not ${back.length}`);
  back.forEach((value, at) => expectKit(subject.equal(value, values[at]!), `record ${at} comes back as it was`));
}

async function inTheMiddle<T>(subject: FormatKitSubject<T>): Promise<void> {
  const { format } = subject;
  if (format.createEncoder().header?.() !== undefined) return;
  for (const value of subject.values) {
    const frame = await encodeOne(format, value);
    const noise = encodeUtf8('"{[,');
    const values: T[] = [];
    const out = { record: (back: T): void => void values.push(back) };
    await decodeOne(decoderOf(format), concatBytes([noise, frame, noise]), noise.length, noise.length + frame.length, out);
    expectKit(values.length === 1 && subject.equal(values[0]!, value), 'a decoder reads its frame only');
  }
}

async function malformedInput<T>(subject: FormatKitSubject<T>): Promise<void> {
  const decoder = decoderOf(subject.format);
  const head = subject.format.createEncoder().header?.();
  const out = { record: (): void => undefined };
  if (head !== undefined) await decodeAll(subject.format, [encodeUtf8(head)], decoder);
  for (const frame of subject.malformed) {
    const bytes = typeof frame === 'string' ? encodeUtf8(frame) : frame;
    let error: unknown;
    try {
      await decodeOne(decoder, bytes, 0, bytes.length, out);
    } catch (thrown) {
      error = thrown;
    }
    expectKit(error instanceof MillraceError, `malformed input is refused with a coded error: ${JSON.stringify(frame)} gave ${String(error)}`);
    const rest = await encodeOne(subject.format, subject.values[0]!);
    await decodeOne(decoder, rest, 0, rest.length, out);
  }
}

async function encoderAfterFailure<T>(subject: FormatKitSubject<T>): Promise<void> {
  const { format, values } = subject;
  const encoder = await encoderOf(format);
  const writer = new ByteWriter();
  try {
    encoder.encode((() => undefined) as unknown as T, writer);
  } catch (error) {
    expectKit(error instanceof MillraceError, 'a record that cannot be encoded gives a coded error');
  }
  writer.reset();
  encoder.encode(values[0]!, writer);
  const whole = await encodeAll(format, [values[0]!]);
  expectKit(writer.length > 0 || whole[0]!.length <= format.separator.length, 'an encoder works after a failure');
}

async function textLikeBytes<T>(subject: FormatKitSubject<T>): Promise<void> {
  const decoder = decoderOf(subject.format);
  if (decoder.decodeText === undefined) return;
  for (const value of subject.values) {
    const bytes = await encodeOne(subject.format, value);
    const values: T[] = [];
    const out = { record: (back: T): void => void values.push(back) };
    decoder.decodeText(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), out);
    decoder.decode(bytes, 0, bytes.length, out);
    expectKit(values.length === 2 && subject.equal(values[0]!, values[1]!), 'text and bytes decode alike');
  }
}

async function stateMoves<T>(subject: FormatKitSubject<T>): Promise<void> {
  const { format, values } = subject;
  const half = values.length >> 1;
  const first = decoderOf(format);
  const whole = await encodeAll(format, values);
  const head = await encodeAll(format, values.slice(0, half));
  const rest = format.framing === 'none' ? whole.slice(half) : [whole[0]!.subarray(head[0]!.length)];
  const read = await decodeAll(format, head, first);
  const second = decoderOf(format);
  const state = structuredClone(first.snapshot?.());
  if (state !== undefined) second.restore?.(state);
  read.push(...(await decodeAll(format, rest, second)));
  expectKit(read.length === values.length && read.every((value, at) => subject.equal(value, values[at]!)), 'a decoder goes on where another stopped');
}

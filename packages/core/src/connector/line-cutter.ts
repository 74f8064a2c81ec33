import { ByteReader, decodeUtf8 } from '../base/bytes.js';
import { decodeUtf8Strict } from '../base/strict-utf8.js';
import { RecordTooLarge, TextInvalid } from './errors.js';
import { excerptOf } from './excerpt.js';
import type { TextEncoding } from './format.js';
import type { RecordDecoder } from './record-decoder.js';
import type { SourceBatch } from './source.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const REPLACEMENT = '\uFFFD';

/** What a cutter needs to know of its source. */
export interface CutterSettings {
  readonly encoding: TextEncoding;
  readonly maxRecordBytes: number;
}

/**
 * Cuts a region of whole frames into records and hands them to a decoder, as many as a batch takes at a time. Lines lose
 * their CR LF or LF; empty ones are passed over.
 *
 * For a decoder that takes text, the region becomes one string. Where every byte is one character, places in the string
 * are places in the bytes; otherwise both are walked side by side, so that offsets stay byte offsets.
 */
export class LineCutter<T> {
  /** Offset in the split's stream after the last frame that was handed over. */
  position: number;
  readonly #records: RecordDecoder<T>;
  readonly #settings: CutterSettings;
  #bytes: Uint8Array;
  #at: number;
  #end: number;
  /** Whether the region ends the stream, for formats with frames of their own. */
  #atEnd: boolean;
  #text: string;
  #textAt: number;
  #asText: boolean;
  #oneByteEach: boolean;
  #suspicious: boolean;

  constructor(records: RecordDecoder<T>, settings: CutterSettings) {
    this.position = 0;
    this.#records = records;
    this.#settings = settings;
    this.#bytes = new Uint8Array(0);
    this.#at = 0;
    this.#end = 0;
    this.#atEnd = false;
    this.#text = '';
    this.#textAt = 0;
    this.#asText = false;
    this.#oneByteEach = false;
    this.#suspicious = false;
  }

  /** Whether all of the region is handed over. */
  get isEmpty(): boolean {
    return this.#at >= this.#end;
  }

  /**
   * Starts on `bytes[from, to)`, which is at `position` in the stream. For lines the region holds whole lines (the last
   * one of a stream may lack its end); for frames of the decoder's own, the first one is whole. The bytes are used until
   * the region is empty.
   */
  open(bytes: Uint8Array, from: number, to: number, position: number, atEnd: boolean): void {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.#atEnd = atEnd;
    this.position = position;
    const { decoder } = this.#records;
    this.#asText = decoder.decodeText !== undefined && this.#records.frameEnd === undefined;
    if (!this.#asText) return;
    const latin1 = this.#settings.encoding === 'latin1';
    this.#text = latin1 ? latin1Text(bytes, from, to) : decodeUtf8(bytes, from, to);
    this.#textAt = 0;
    // Every sequence of several bytes gives fewer characters than bytes.
    this.#oneByteEach = this.#text.length === to - from;
    this.#suspicious = !latin1 && this.#text.includes(REPLACEMENT);
  }

  /** Hands records over until the batch is full up to `limit` or the region is empty. */
  fill(batch: SourceBatch<T>, limit: number): void {
    this.#records.into(batch, limit);
    if (this.#asText) this.#fillFromText(batch, limit);
    else if (this.#records.frameEnd === undefined) this.#fillFromBytes(batch, limit);
    else this.#fillFrames(batch, limit);
  }

  #fillFromText(batch: SourceBatch<T>, limit: number): void {
    const text = this.#text;
    const bytes = this.#bytes;
    const max = this.#settings.maxRecordBytes;
    while (batch.length < limit && this.#at < this.#end) {
      const from = this.#at;
      const textFrom = this.#textAt;
      const found = text.indexOf('\n', textFrom);
      const lineEnd = found < 0 ? text.length : found;
      const next = this.#oneByteEach ? from + (lineEnd - textFrom) : this.#lineEnd(from);
      const offset = this.position;
      this.#at = Math.min(this.#end, next + 1);
      this.#textAt = lineEnd + 1;
      this.position = offset + (this.#at - from);
      const textTo = lineEnd > textFrom && text.charCodeAt(lineEnd - 1) === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
      if (textTo === textFrom) continue;
      const to = next - (lineEnd - textTo);
      if (to - from > max) {
        this.#tooLarge(from, to, offset);
        continue;
      }
      const line = text.substring(textFrom, textTo);
      if (this.#suspicious && !this.#validText(line, from, to, offset)) continue;
      const error = this.#records.decodeText(line, offset);
      if (error !== undefined) this.#records.failed(error, offset, bytes, from, to);
    }
  }

  #fillFromBytes(batch: SourceBatch<T>, limit: number): void {
    const bytes = this.#bytes;
    while (batch.length < limit && this.#at < this.#end) {
      const from = this.#at;
      const lineEnd = this.#lineEnd(from);
      const offset = this.position;
      this.#at = Math.min(this.#end, lineEnd + 1);
      this.position = offset + (this.#at - from);
      const to = lineEnd > from && bytes[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
      if (to > from) this.#decode(from, to, offset);
    }
  }

  #fillFrames(batch: SourceBatch<T>, limit: number): void {
    const frameEnd = this.#records.frameEnd!;
    while (batch.length < limit && this.#at < this.#end) {
      const from = this.#at;
      const end = frameEnd(this.#bytes, from, this.#end, this.#atEnd);
      if (end < 0) {
        this.#end = from;
        return;
      }
      const offset = this.position;
      this.#at = end;
      this.position = offset + (end - from);
      this.#decode(from, end, offset);
    }
  }

  #decode(from: number, to: number, offset: number): void {
    if (to - from > this.#settings.maxRecordBytes) this.#tooLarge(from, to, offset);
    else this.#records.decode(this.#bytes, from, to, offset);
  }

  #lineEnd(from: number): number {
    const found = this.#bytes.indexOf(LINE_FEED, from);
    return found < 0 || found >= this.#end ? this.#end : found;
  }

  #tooLarge(from: number, to: number, offset: number): void {
    this.#records.failed(tooLarge(to - from, this.#settings.maxRecordBytes, this.#bytes.subarray(from, to)), offset, this.#bytes, from, to);
  }

  /** A replacement character may have been in the data; only invalid bytes are an error. */
  #validText(line: string, from: number, to: number, offset: number): boolean {
    if (!line.includes(REPLACEMENT)) return true;
    try {
      decodeUtf8Strict(this.#bytes, from, to);
      return true;
    } catch {
      this.#records.failed(TextInvalid.error({ what: `the record ${excerptOf(line)} has bytes that are no UTF-8` }), offset, this.#bytes, from, to);
      return false;
    }
  }
}

/** The error for a record above the limit. */
export function tooLarge(bytes: number, limit: number, record: Uint8Array): Error {
  return RecordTooLarge.error({ what: `the record ${excerptOf(record)} has ${bytes} bytes or more, the limit is ${limit}` });
}

function latin1Text(bytes: Uint8Array, from: number, to: number): string {
  const reader = new ByteReader(bytes);
  reader.skip(from);
  return reader.latin1(to - from);
}

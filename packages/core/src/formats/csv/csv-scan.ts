import { excerptOf } from '../../connector/excerpt.js';
import { CsvMalformed } from '../errors.js';

const LINE_FEED = 10;

/** The characters of a dialect. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
}

/** A field as it stands: an empty one in quotes is a text, one without may be none. */
export interface CsvField {
  readonly text: string;
  readonly quoted: boolean;
}

/**
 * Where the record that starts at `from` ends, line end included; -1 when more bytes are needed. A line feed inside quotes
 * is part of a field; a quote counts only at the start of a field.
 */
export function csvRecordEnd(bytes: Uint8Array, from: number, to: number, atEnd: boolean, dialect: CsvDialect): number {
  const quote = dialect.quote.charCodeAt(0);
  const delimiter = dialect.delimiter.charCodeAt(0);
  let inQuotes = false;
  let fieldStart = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (inQuotes) {
      // A doubled quote closes and opens again: the field goes on all the same.
      if (byte === quote) inQuotes = false;
    } else if (byte === LINE_FEED) {
      return at + 1;
    } else if (byte === quote) {
      if (fieldStart || bytes[at - 1] === quote) inQuotes = true;
    }
    fieldStart = !inQuotes && byte === delimiter;
  }
  return atEnd ? to : -1;
}

/** The fields of one record, given without its line end. */
export function csvFields(text: string, dialect: CsvDialect): readonly CsvField[] {
  const { delimiter, quote } = dialect;
  const fields: CsvField[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === quote) {
      const { field, end } = quotedField(text, at, quote);
      if (end < text.length && text[end] !== delimiter) throw malformed(`something follows the closing quote of field ${fields.length + 1}`, text);
      fields.push({ text: field, quoted: true });
      at = end;
    } else {
      const found = text.indexOf(delimiter, at);
      const end = found < 0 ? text.length : found;
      const field = text.slice(at, end);
      if (field.includes(quote)) throw malformed(`field ${fields.length + 1} has a quote inside and none around it`, text);
      fields.push({ text: field, quoted: false });
      at = end;
    }
    if (at >= text.length) return fields;
    at++;
  }
}

function quotedField(text: string, from: number, quote: string): { readonly field: string; readonly end: number } {
  let field = '';
  let at = from + 1;
  for (;;) {
    const close = text.indexOf(quote, at);
    if (close < 0) throw malformed('a quote is never closed', text);
    field += text.slice(at, close);
    if (text[close + 1] !== quote) return { field, end: close + 1 };
    field += quote;
    at = close + 2;
  }
}

function malformed(what: string, text: string): Error {
  return CsvMalformed.error({ what: `${what} in ${excerptOf(text)}` });
}

/** A field as it is written: in quotes where it must be, or where it is an empty text. */
export function csvText(text: string, { delimiter, quote }: CsvDialect): string {
  const plain = text !== '' && !text.includes(delimiter) && !text.includes(quote) && !/[\r\n]/.test(text);
  return plain ? text : quote + text.replaceAll(quote, quote + quote) + quote;
}

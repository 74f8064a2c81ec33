import type { ByteSink, Encoder, EncoderContext } from '@millrace/core/spi';
import type { WrittenSchema } from '@millrace/schema-registry';
import { JsonSchemaNotEncodable } from './errors.js';
import { isPlainJson } from './plain-json.js';
import type { SchemaCheck } from './schema-check.js';

/** Writes one document per record, after its schema has taken it. */
export class JsonSchemaEncoder<T> implements Encoder<T> {
  readonly #json: Encoder<unknown>;
  readonly #check: SchemaCheck;
  readonly #schema: WrittenSchema | undefined;
  readonly #text: TextSink;
  readonly start?: (context: EncoderContext) => Promise<void>;

  constructor(json: Encoder<unknown>, check: SchemaCheck, schema: WrittenSchema | undefined) {
    this.#json = json;
    this.#check = check;
    this.#schema = schema;
    this.#text = new TextSink();
    if (schema !== undefined) this.start = (context) => schema.start(context);
  }

  encode(value: T, out: ByteSink): void {
    const check = this.#check;
    if (isPlainJson(value)) {
      const misfit = check(value);
      if (misfit !== undefined) throw refused(misfit.what, misfit.pointer);
      const text = JSON.stringify(value);
      this.#schema?.writeHeader(out);
      return out.utf8(text);
    }
    // A Date, a Map, a bigint: what counts is what is written for it.
    this.#text.text = '';
    this.#json.encode(value, this.#text);
    const { text } = this.#text;
    const misfit = check(JSON.parse(text));
    if (misfit !== undefined) throw refused(misfit.what, misfit.pointer);
    this.#schema?.writeHeader(out);
    out.utf8(text);
  }
}

function refused(what: string, pointer: string): Error {
  return JsonSchemaNotEncodable.error({ what, where: { path: pointer } });
}

class TextSink implements ByteSink {
  text: string = '';

  utf8(text: string): void {
    this.text += text;
  }

  bytes(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('utf8');
  }
}

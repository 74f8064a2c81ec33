import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { DecodeErrorPolicy } from '../../connector/dead-letter.js';
import type { Format } from '../../connector/format.js';
import { isStandardSchema, typeFromSchema } from '../../record/types/from-schema.js';
import { t } from '../../record/types/t.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { FormatOptionInvalid } from '../errors.js';
import { schemaOfType } from '../typed-schema.js';
import { JsonDecoder, type JsonDecoding } from './json-decoder.js';
import { JsonEncoder } from './json-encoder.js';
import { SchemaCheck } from './schema-check.js';

/** The most levels a record may be told to have: deeper ones cannot be copied or stored. */
const DEEPEST = 1000;

/** How `json()` reads. All may be left out. */
export interface JsonOptions {
  /**
   * How many records are validated: all (default), the first 1000 of each split, or none. Records that are not validated
   * are taken as parsed, so turn validation down only for a schema that checks and does not change values. Places of
   * bigints that validation has found stay known.
   */
  readonly validate?: boolean | 'first-1000';
  /** What to do with a record that cannot be decoded; `fail` unless given. */
  readonly onError?: DecodeErrorPolicy;
  /** Limit of nesting; 128 unless given. */
  readonly maxDepth?: number;
  /** The field with the event time in epoch milliseconds, as the source's own timestamp. */
  readonly timestampField?: string;
}

/**
 * JSON, one value per line or message. With a schema (of any Standard Schema library, or a type made with `t`) records are
 * validated and typed; without one they are `unknown`. `T` may be given for reading without a check:
 * `json<Order>()` trusts the input.
 *
 * Integers beyond 2^53 come as bigint where the schema says bigint; others stay (rounded) numbers and are counted in
 * `numUnsafeIntegers`. Fields such as `__proto__` are ordinary; of fields of the same name the last one counts.
 */
export function json<T = unknown>(): Format<T>;
export function json<S extends StandardSchemaV1>(schema: S, options?: JsonOptions): Format<StandardSchemaV1.InferOutput<S>>;
export function json<T>(type: TypeInfo<T>, options?: JsonOptions): Format<T>;
export function json<T = unknown>(schema: undefined, options?: JsonOptions): Format<T>;
export function json(schema?: StandardSchemaV1 | TypeInfo, options: JsonOptions = {}): Format<unknown> {
  const { maxDepth, timestampField, validate = true, onError } = options;
  if (maxDepth !== undefined && !(Number.isInteger(maxDepth) && maxDepth >= 1 && maxDepth <= DEEPEST)) {
    throw FormatOptionInvalid.error({ what: `maxDepth of json() is ${String(maxDepth)}, and must be a whole number from 1 to ${DEEPEST}` });
  }
  const standard = standardSchema(schema);
  // A type of our own converts values (dates, sets): it is not a check that could be left out.
  const validateFirst = validate === true || !isStandardSchema(schema) ? Infinity : validate === false ? 0 : 1000;
  return {
    name: 'json',
    framing: 'lines',
    separator: '\n',
    type: standard === undefined ? t.dynamic : isStandardSchema(schema) ? typeFromSchema(schema) : (schema as TypeInfo),
    ...(onError === undefined ? {} : { onError }),
    fileExtension: 'ndjson',
    createDecoder: (context) => {
      const check = standard === undefined ? undefined : new SchemaCheck(standard);
      const decoding: JsonDecoding<unknown> = { check, validateFirst, maxDepth: maxDepth ?? context.maxDepth, timestampField };
      return new JsonDecoder(decoding, context);
    },
    createEncoder: () => new JsonEncoder(),
  };
}

function standardSchema(schema: StandardSchemaV1 | TypeInfo | undefined): StandardSchemaV1 | undefined {
  if (schema === undefined) return undefined;
  if (isStandardSchema(schema)) return schema;
  if (typeof schema === 'object' && schema !== null && typeof (schema as TypeInfo).kind === 'string') return schemaOfType(schema as TypeInfo);
  throw FormatOptionInvalid.error({
    what: 'the schema of json() is neither a Standard Schema nor a type made with t',
    remedy: 'Give a schema of zod, valibot, arktype or another library with Standard Schema, or a type such as t.struct({ id: t.string }). Options are the second argument: json(undefined, { … }).',
  });
}

import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { MillraceError } from '@millrace/core/spi';
import { hasChoices, leaveUnknownOut } from './drop-unknown.js';
import { JsonSchemaInvalid } from './errors.js';
import { draftOf, type JsonSchemaDocument } from './schema-document.js';

/** A schema that others refer to, by the name that their `$ref` uses. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: JsonSchemaDocument;
}

/** The schema of a format with all that it refers to. */
export interface OwnSchema {
  readonly document: JsonSchemaDocument;
  readonly references: readonly NamedSchema[];
}

/** What is done with a value besides checking it. */
export interface CheckSettings {
  /** Puts in defaults of missing properties. The value is changed. */
  readonly fillDefaults: boolean;
  /** Leaves out properties that `additionalProperties: false` does not know, instead of refusing them. The value is changed. */
  readonly dropUnknown: boolean;
  /** Whether `format` is checked. */
  readonly formats: boolean;
}

/** What is wrong with a value. */
export interface Misfit {
  /** A sentence without the place. */
  readonly what: string;
  /** The JSON pointer of what does not fit, as a fragment: `#/items/1/price`. */
  readonly pointer: string;
}

/** Checks one value; undefined where it fits. */
export type SchemaCheck = (value: unknown) => Misfit | undefined;

const AJV = { 'draft-07': Ajv, '2019-09': Ajv2019, '2020-12': Ajv2020 } as const;
/** How many reasons a misfit names: a union has one for each branch. */
const MOST_REASONS = 3;

/**
 * Compiles a schema into a function that checks values. This makes code and takes milliseconds: once per schema, never per
 * record. Throws `MR-4261`.
 */
export function compileCheck(schema: JsonSchemaDocument, references: readonly NamedSchema[], { fillDefaults, dropUnknown, formats }: CheckSettings): SchemaCheck {
  // Where branches are tried, each would leave out what only another one knows.
  const chooses = dropUnknown && hasChoices([schema, ...references.map((one) => one.schema)]);
  const options: Options = { useDefaults: fillDefaults, removeAdditional: dropUnknown && !chooses, validateFormats: formats };
  const validate = compiled(schema, references, options);
  if (!chooses) return (value) => (validate(value) ? undefined : misfitOf(validate.errors!));
  const all = compiled(schema, references, { ...options, allErrors: true, verbose: true });
  return (value) => {
    if (validate(value)) return undefined;
    leaveUnknownOut(value, all);
    return validate(value) ? undefined : misfitOf(validate.errors!);
  };
}

function compiled(schema: JsonSchemaDocument, references: readonly NamedSchema[], more: Options): ValidateFunction {
  const options: Options = {
    // Keywords of other tools (javaType, connect.type) are no mistakes.
    strict: false,
    logger: false,
    // A property is what the document has, not what every object inherits.
    ownProperties: true,
    ...more,
  };
  const ajv = new AJV[draftOf(schema)](options);
  ajvFormats.default(ajv as Ajv);
  try {
    addReferences(ajv as Ajv, schema, references);
    return ajv.compile(schema);
  } catch (error) {
    throw uncompiled(error);
  }
}

/**
 * A reference is known by its name, as it stands and as seen from the schema's own address, and by the address it gives
 * itself. The same schema may come under several names.
 */
function addReferences(ajv: Ajv, schema: JsonSchemaDocument, references: readonly NamedSchema[]): void {
  const base = addressOf(schema);
  const added = new Map<string, JsonSchemaDocument>();
  const taken = new Set<string>();
  for (const { name, schema: document } of references) {
    const text = JSON.stringify(document);
    // The one that is known already has taken its own address.
    const one = added.get(text) ?? document;
    added.set(text, one);
    const seen = base === undefined ? undefined : resolved(name, base);
    for (const address of [name, seen]) {
      if (address === undefined || taken.has(address)) continue;
      ajv.addSchema(one, address);
      taken.add(address);
      const own = addressOf(one);
      if (own !== undefined) taken.add(own);
    }
  }
}

/** The address that a schema gives itself. */
export function addressOf(schema: JsonSchemaDocument): string | undefined {
  const id = typeof schema === 'boolean' ? undefined : schema['$id'];
  return typeof id === 'string' ? id : undefined;
}

/** A relative address seen from another one; undefined where they do not go together. */
export function resolved(address: string, base: string): string | undefined {
  return URL.canParse(address, base) ? new URL(address, base).href : undefined;
}

function uncompiled(error: unknown): MillraceError {
  const missing = (error as { readonly missingRef?: string }).missingRef;
  if (missing !== undefined) return JsonSchemaInvalid.error({ what: `the schema refers to ${JSON.stringify(missing)}, which is neither in it nor among its references`, cause: error });
  return JsonSchemaInvalid.error({ what: String((error as Error).message), cause: error });
}

function misfitOf(errors: readonly ErrorObject[]): Misfit {
  // The last one is the outermost: those before it are why its branches do not fit.
  const [outer, ...inner] = errors.toReversed();
  const pointer = pointerOf(outer!);
  const reasons = [...new Set(inner.map((error) => `${pointerOf(error)} ${error.message ?? ''}`))].slice(0, MOST_REASONS);
  return { what: `${sentence(outer!)}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`, pointer };
}

function sentence({ keyword, message = 'is not valid', params }: ErrorObject): string {
  const { allowedValues, allowedValue } = params as { readonly allowedValues?: readonly unknown[]; readonly allowedValue?: unknown };
  if (keyword === 'required') return 'it is missing';
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') return 'the schema has no such property';
  if (allowedValues !== undefined) return `${message}: ${JSON.stringify(allowedValues).slice(0, 100)}`;
  return allowedValue === undefined ? message : `${message}: ${JSON.stringify(allowedValue).slice(0, 100)}`;
}

/** The place itself, where the rule that is broken stands one level above: for what is missing or too much. */
function pointerOf({ instancePath, params }: ErrorObject): string {
  const own = params as { readonly missingProperty?: string; readonly additionalProperty?: string; readonly unevaluatedProperty?: string; readonly propertyName?: string };
  const below = own.missingProperty ?? own.additionalProperty ?? own.unevaluatedProperty ?? own.propertyName;
  return `#${instancePath}${below === undefined ? '' : `/${below.replaceAll('~', '~0').replaceAll('/', '~1')}`}`;
}

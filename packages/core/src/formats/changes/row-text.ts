import { fromBase64 } from '../../base/bytes.js';
import type { TypeInfo, TypeNode } from '../../record/types/type-info.js';
import { type JsonSpan, membersAt } from '../json/json-members.js';

/** What a column of a row is said to be, where its text is not what it means: a decimal as bytes with this scale. */
export type DecimalScales = ReadonlyMap<string, number>;

/**
 * Makes the JSON text of a row that fits the declared type, from what captures write. It works on text, so that no number
 * goes through a double: a column declared as string gets the exact digits of a number, one declared as number, bigint or
 * boolean is taken out of its quotes.
 */
export class RowText {
  readonly #kinds: ReadonlyMap<string, TypeNode['kind']>;

  constructor(type: TypeInfo) {
    const fields = type.kind === 'struct' || type.kind === 'class' ? type.fields : [];
    this.#kinds = new Map(fields.map(({ name, type: field }) => [name, solid(field).kind]));
  }

  /** The row at `span`, with members of `changed` in place of its own where both have one (a row before an update). */
  of(text: string, span: JsonSpan, scales?: DecimalScales, changed?: JsonSpan): string {
    if (this.#kinds.size === 0 && scales === undefined && changed === undefined) return text.slice(span.from, span.to);
    const before = changed === undefined ? undefined : membersAt(text, changed.from);
    const parts: string[] = [];
    for (const [name, own] of membersAt(text, span.from)!) {
      const { from, to } = before?.get(name) ?? own;
      parts.push(`${JSON.stringify(name)}:${this.#token(name, text.slice(from, to), scales?.get(name))}`);
    }
    return `{${parts.join(',')}}`;
  }

  #token(name: string, token: string, scale: number | undefined): string {
    const kind = this.#kinds.get(name);
    if (token[0] === '"') {
      const value = scale === undefined ? undefined : decimalText(JSON.parse(token) as string, scale);
      if (value !== undefined) return kind === 'number' || kind === 'bigint' ? value : `"${value}"`;
      return unquoted(token, kind) ?? token;
    }
    return kind === 'string' && /^[-\d]/.test(token) ? `"${token}"` : token;
  }
}

function unquoted(token: string, kind: TypeNode['kind'] | undefined): string | undefined {
  const inner = token.slice(1, -1);
  if (kind === 'boolean') return inner === '1' || inner === 'true' ? 'true' : inner === '0' || inner === 'false' ? 'false' : undefined;
  const isNumeric = kind === 'number' || kind === 'timestamp' || kind === 'bigint';
  return isNumeric && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(inner) ? inner : undefined;
}

/** The digits of a decimal whose unscaled value is given in base64, as big-endian two's complement. */
export function decimalText(base64: string, scale: number): string {
  const bytes = fromBase64(base64);
  let unscaled = 0n;
  for (const byte of bytes) unscaled = (unscaled << 8n) | BigInt(byte);
  if (bytes.length > 0 && bytes[0]! > 0x7f) unscaled -= 1n << BigInt(8 * bytes.length);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  if (scale < 0) return `${sign}${digits}${'0'.repeat(-scale)}`;
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function solid(type: TypeNode): TypeNode {
  return type.kind === 'optional' || type.kind === 'nullable' ? solid(type.inner) : type;
}

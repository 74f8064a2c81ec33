import { MillraceError } from '../../base/errors.js';
import { StateNotEncodable } from '../errors.js';

const KEY_TEXT_LIMIT = 120;

/** A key as an error message shows it: short, and with its type visible. */
export function keyText(key: unknown): string {
  let text: string;
  if (typeof key === 'bigint') text = `${key}n`;
  else if (typeof key === 'string' || (typeof key === 'object' && key !== null)) {
    text = JSON.stringify(key, (_name, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));
  } else text = String(key);
  return text.length > KEY_TEXT_LIMIT ? `${text.slice(0, KEY_TEXT_LIMIT)}…` : text;
}

/** The error for a value that no snapshot can hold, with the state and key by name. */
export function encodeFailure(operatorUid: string, stateName: string, key: unknown, cause: unknown): MillraceError {
  const path = cause instanceof MillraceError ? cause.where.path : undefined;
  return StateNotEncodable.error({
    what: `the value of state "${stateName}" at key ${keyText(key)} cannot be encoded`,
    ...(cause instanceof MillraceError ? { why: cause.what } : cause instanceof Error ? { why: cause.message } : {}),
    where: { operator: operatorUid, state: stateName, key: keyText(key), ...(path === undefined ? {} : { path }) },
    cause,
  });
}

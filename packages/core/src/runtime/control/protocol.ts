/**
 * What is said on the control socket of a job: lines of JSON. A request names a verb; the answer is any number of
 * `progress` lines and then one `result` or `error`. Several requests may follow each other on one connection.
 *
 * ```
 * → {"millrace":1,"id":1,"do":"describe"}
 * ← {"millrace":1,"id":1,"result":{"job":"order-statistics","state":"RUNNING",…}}
 * ```
 */
import { ControlRequestInvalid, ControlVersionDiffers } from './errors.js';
import type { ErrorMessage } from '../task-manager/error-message.js';

/** Raised when a line means something else than before. */
export const CONTROL_VERSION = 1;

/** Bytes of one request; a longer one ends the connection. */
export const LONGEST_REQUEST_BYTES: number = 64 * 1024;

/** What a connection may ask for. */
export interface ControlRequest {
  readonly id: number | string;
  readonly verb: string;
  readonly with: Readonly<Record<string, unknown>>;
}

/** What a job answers. */
export type ControlAnswer =
  | { readonly id: number | string; readonly progress: unknown }
  | { readonly id: number | string; readonly result: unknown }
  | { readonly id: number | string | undefined; readonly error: ErrorMessage };

/** Reads the line of a request. Throws `ControlRequestInvalid` and `ControlVersionDiffers`. */
export function parseRequest(line: string): ControlRequest {
  const value = parseObject(line);
  if (value?.['millrace'] === undefined) throw invalid('a line is no JSON object with the field "millrace"');
  if (value['millrace'] !== CONTROL_VERSION) throw ControlVersionDiffers.error({ what: `the request has version ${shown(value['millrace'])}, the job speaks version ${CONTROL_VERSION}` });
  const { id, do: verb, with: given = {} } = value;
  if (typeof id !== 'number' && typeof id !== 'string') throw invalid('"id" is neither a number nor a text');
  if (typeof verb !== 'string') throw invalid('"do" is no text');
  if (!isObject(given)) throw invalid('"with" is no object');
  return { id, verb, with: given };
}

/** Writes the line of a request. */
export function requestLine({ id, verb, with: given }: ControlRequest): string {
  return `${JSON.stringify({ millrace: CONTROL_VERSION, id, do: verb, with: given })}\n`;
}

/** Writes the line of an answer. Large integers, NaN and infinities, which JSON has no form for, go as text. */
export function answerLine(answer: ControlAnswer): string {
  return `${JSON.stringify({ millrace: CONTROL_VERSION, ...answer }, jsonForm)}\n`;
}

/** Reads the line of an answer; whoever wrote it has passed for a job. Throws `ControlVersionDiffers`. */
export function parseAnswer(line: string): ControlAnswer {
  const value = parseObject(line);
  if (value?.['millrace'] !== CONTROL_VERSION) throw ControlVersionDiffers.error({ what: `what answers speaks version ${shown(value?.['millrace'])}, the command version ${CONTROL_VERSION}` });
  return value as unknown as ControlAnswer;
}

function invalid(what: string): Error {
  return ControlRequestInvalid.error({ what });
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(version: unknown): string {
  return typeof version === 'number' ? String(version) : 'unknown';
}

function jsonForm(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

import { callSite } from '../base/call-site.js';
import { didYouMean } from '../base/suggest.js';
import { readsField } from '../operators/key-field.js';
import type { FieldType, TypeInfo, TypeNode } from '../record/types/type-info.js';
import { KeyChoiceInvalid, KeyFieldMissing } from './errors.js';

/** A key as a stream was told to use it. */
export interface ChosenKey {
  /** Gives the key of a record. */
  readonly keyOf: (value: unknown) => unknown;
  /** The type of the keys, dynamic where it is not known. */
  readonly type: TypeInfo;
  /** How the key reads in a plan: `orderId`, `(a, b)`, or `selector`. */
  readonly shown: string;
}

const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** Turns what `keyBy` was given into a function and a type; `operation` is named in errors. */
export function chooseKey(choices: readonly unknown[], recordType: TypeInfo, operation: string): ChosenKey {
  const [first] = choices;
  if (choices.length === 1 && typeof first === 'function') return { keyOf: first as ChosenKey['keyOf'], type: DYNAMIC, shown: 'selector' };
  if (choices.length === 0) throw invalid(operation, 'was given no key');
  const fields = choices.map((choice) => checkedField(choice, recordType, operation));
  const definedAt = callSite(new Error(operation).stack);
  const readers = fields.map((field) => fieldReader(field, operation, definedAt));
  const types = fields.map((field) => fieldType(recordType, field));
  if (readers.length === 1) return { keyOf: readers[0]!, type: types[0]!, shown: String(fields[0]) };
  return { keyOf: tupleReader(readers), type: Object.freeze({ kind: 'tuple', elements: types }), shown: `(${fields.join(', ')})` };
}

/** The type of a field of a record, as far as it is declared. */
export function fieldType(recordType: TypeInfo, field: string | number): TypeNode {
  if (recordType.kind === 'struct' || recordType.kind === 'class') return recordType.fields.find((candidate) => candidate.name === field)?.type ?? DYNAMIC;
  if (recordType.kind === 'tuple' && typeof field === 'number') return recordType.elements[field] ?? DYNAMIC;
  if (recordType.kind === 'list' && typeof field === 'number') return recordType.element;
  return DYNAMIC;
}

/** Refuses what is no field of a declared type, with a suggestion. */
export function checkedField(choice: unknown, recordType: TypeInfo, operation: string): string | number {
  if (typeof choice === 'number' && Number.isInteger(choice) && choice >= 0) {
    if (recordType.kind === 'tuple' && choice >= recordType.elements.length) {
      throw invalid(operation, `was given position ${choice}, but the tuple has ${recordType.elements.length} positions, counted from 0`);
    }
    return choice;
  }
  if (typeof choice === 'string' && choice !== '') {
    if (recordType.kind === 'struct' || recordType.kind === 'class') checkDeclared(choice, recordType.fields, operation);
    return choice;
  }
  throw invalid(operation, `was given ${choice === null ? 'null' : typeof choice === 'function' ? 'a function beside other keys' : `a ${typeof choice}`}`);
}

function checkDeclared(name: string, fields: readonly FieldType[], operation: string): void {
  const names = fields.map((field) => field.name);
  if (names.includes(name)) return;
  throw invalid(operation, `was given the field "${name}", which the records do not have.${didYouMean(name, names)} Fields: ${names.join(', ')}.`);
}

function invalid(operation: string, problem: string): Error {
  const definedAt = callSite(new Error(operation).stack);
  return KeyChoiceInvalid.error({ what: `${operation} ${problem}`, ...(definedAt === undefined ? {} : { where: { definedAt } }) });
}

/** Reads one field; a record without it is named here, where the field's name is still known. */
function fieldReader(field: string | number, operation: string, definedAt: string | undefined): (value: unknown) => unknown {
  const reader = (value: unknown): unknown => {
    const key = value === null || value === undefined ? undefined : (value as Record<string | number, unknown>)[field];
    if (key === undefined || key === null) throw missing(field, key, value, operation, definedAt);
    return key;
  };
  readsField(reader, field);
  return reader;
}

function missing(field: string | number, key: unknown, value: unknown, operation: string, definedAt: string | undefined): Error {
  const place = typeof field === 'number' ? `at position ${field}` : `in the field "${field}"`;
  const fields = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const hint = typeof field === 'string' && key === undefined ? didYouMean(field, fields) : '';
  return KeyFieldMissing.error({ what: `${operation}: a record has ${String(key)} ${place}.${hint}`, ...(definedAt === undefined ? {} : { where: { definedAt } }) });
}

function tupleReader(readers: readonly ((value: unknown) => unknown)[]): (value: unknown) => unknown {
  return (value) => {
    const key: unknown[] = [];
    for (let i = 0; i < readers.length; i++) key.push(readers[i]!(value));
    return key;
  };
}

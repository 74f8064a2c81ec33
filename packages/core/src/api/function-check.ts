import { callSite } from '../base/call-site.js';
import { instantiate, type FunctionSource } from '../functions/user-function.js';
import type { SideDeclarations } from '../functions/process-function.js';
import type { TypeInfo } from '../record/types/type-info.js';
import { FunctionInvalid } from './errors.js';

/** What a process object may say of itself. */
export interface Declarations {
  readonly output: TypeInfo | undefined;
  readonly sideOutputs: SideDeclarations;
  readonly state: object | undefined;
}

/**
 * Refuses what cannot be called. A plain function is fine where `plain` says so; an object needs the methods. What a
 * class or factory makes is looked at when it is made.
 */
export function checkFunction(fn: unknown, operation: string, methods: readonly string[], plain: boolean): void {
  if (typeof fn === 'function' && (plain || isConstructor(fn))) return;
  if (typeof fn === 'object' && fn !== null) {
    if (Object.getOwnPropertySymbols(fn).length > 0) return;
    const missing = methods.find((method) => typeof (fn as Record<string, unknown>)[method] !== 'function');
    if (missing === undefined) return;
    throw invalid(operation, `was given an object without a method "${missing}"`);
  }
  throw invalid(operation, `was given ${describe(fn)}`);
}

/** Refuses what is no plain function. */
export function checkPlainFunction(fn: unknown, operation: string): void {
  if (typeof fn !== 'function') throw invalid(operation, `was given ${describe(fn)} where a function is wanted`);
}

/** Refuses what is no factory of operators. */
export function checkFactory(factory: unknown, operation: string): void {
  const create: unknown = typeof factory === 'object' && factory !== null ? (factory as { readonly create?: unknown }).create : undefined;
  if (typeof create !== 'function') throw invalid(operation, `was given ${describe(factory)} where an operator factory { create() } is wanted`);
}

/**
 * Reads what a process function declares. A class or factory is asked for one instance while the graph is built, which
 * is never opened: what it declares is in its fields.
 */
export function declarationsOf(source: unknown): Declarations {
  const fn = instantiate(source as FunctionSource<{ readonly output?: TypeInfo; readonly sideOutputs?: SideDeclarations; readonly state?: object }>);
  return { output: fn.output, sideOutputs: fn.sideOutputs ?? {}, state: fn.state };
}

/** The position of the call in the user's file, as an error's place. */
export function calledAt(operation: string): { readonly where?: { readonly definedAt: string } } {
  const definedAt = callSite(new Error(operation).stack);
  return definedAt === undefined ? {} : { where: { definedAt } };
}

function isConstructor(fn: object): boolean {
  return Object.getOwnPropertyDescriptor(fn, 'prototype')?.writable === false;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'function' ? 'a plain function' : `${value === undefined ? '' : 'a '}${typeof value}`;
}

function invalid(operation: string, problem: string): Error {
  return FunctionInvalid.error({ what: `${operation} ${problem}`, ...calledAt(operation) });
}

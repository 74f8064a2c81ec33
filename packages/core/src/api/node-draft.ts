import { callSite } from '../base/call-site.js';
import type { ErrorLocation } from '../base/errors.js';
import type { Chaining } from '../graph/stream-graph.js';
import { ParallelismFixed, SettingInvalid } from './errors.js';
import type { OperatorOptions } from './operator-options.js';

const CHAININGS: readonly Chaining[] = ['always', 'head', 'never'];
/** The most key groups, and so the most parallel instances, that there can be. */
const MOST_INSTANCES = 32_768;

/**
 * An operator while it is being described: the settings that a user may still change by `.name(…)`, `.uid(…)` and the
 * others. The graph reads it when the job is built.
 */
export class NodeDraft {
  /** The user's file and line of the call that made the operator. */
  readonly definedAt: string | undefined;
  currentName: string;
  currentUid: string | undefined;
  parallelism: number | undefined;
  maxParallelism: number | undefined;
  chaining: Chaining;
  readonly #operation: string;
  readonly #alone: boolean;

  /** `alone`: the operation cannot run in more than one instance. */
  constructor(operation: string, options: OperatorOptions = {}, defaults: { readonly name?: string; readonly alone?: boolean } = {}) {
    this.definedAt = callSite(new Error(operation).stack);
    this.#operation = operation;
    this.#alone = defaults.alone === true;
    this.currentName = defaults.name ?? operation;
    this.currentUid = undefined;
    this.parallelism = this.#alone ? 1 : undefined;
    this.maxParallelism = undefined;
    this.chaining = 'always';
    this.#apply(options);
  }

  /** Whether it can only run in one instance. */
  get isAlone(): boolean {
    return this.#alone;
  }

  /** The operation in a sentence: `map "clean"`. */
  describe(): string {
    return this.currentName === this.#operation ? `the operation ${this.#operation}` : `${this.#operation} "${this.currentName}"`;
  }

  /** The place for an error's `where`. */
  where(): ErrorLocation {
    return { operator: this.currentName, ...(this.definedAt === undefined ? {} : { definedAt: this.definedAt }) };
  }

  /** Takes the name after checking it. */
  setName(name: string): void {
    this.currentName = this.#text('name', name);
  }

  /** Takes the uid after checking it. */
  setUid(uid: string): void {
    this.currentUid = this.#text('uid', uid);
  }

  /** Takes the parallelism after checking it. */
  setParallelism(parallelism: number): void {
    this.#count('parallelism', parallelism);
    if (this.#alone && parallelism !== 1) {
      throw ParallelismFixed.error({ what: `${this.describe()} was given parallelism ${parallelism} and can only run with 1`, where: this.where() });
    }
    this.parallelism = parallelism;
  }

  /** Takes the number of key groups after checking it. */
  setMaxParallelism(maxParallelism: number): void {
    this.#count('maximum parallelism', maxParallelism);
    this.maxParallelism = maxParallelism;
  }

  /** Takes the chaining after checking it. */
  setChaining(chaining: Chaining): void {
    if (!CHAININGS.includes(chaining)) throw this.#invalid('chaining', chaining, 'always, head or never');
    this.chaining = chaining;
  }

  #apply(options: OperatorOptions): void {
    if (options.name !== undefined) this.setName(options.name);
    if (options.uid !== undefined) this.setUid(options.uid);
    if (options.parallelism !== undefined) this.setParallelism(options.parallelism);
    if (options.maxParallelism !== undefined) this.setMaxParallelism(options.maxParallelism);
    if (options.chaining !== undefined) this.setChaining(options.chaining);
  }

  #text(setting: string, value: unknown): string {
    if (typeof value === 'string' && value.trim() !== '') return value;
    throw this.#invalid(setting, value, 'a text that is not empty');
  }

  #count(setting: string, value: unknown): void {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_INSTANCES) return;
    throw this.#invalid(setting, value, `a whole number from 1 to ${MOST_INSTANCES}`);
  }

  #invalid(setting: string, value: unknown, expected: string): Error {
    const shown = typeof value === 'string' ? `"${value.slice(0, 100)}"` : String(value);
    return SettingInvalid.error({ what: `the ${setting} of ${this.describe()} is ${shown}, expected ${expected}`, where: this.where() });
  }
}

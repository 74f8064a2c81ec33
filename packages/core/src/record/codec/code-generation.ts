/** Whether and how functions are made from text. Everything that varies in the text is escaped by `JSON.stringify`. */

/** A struct with more fields is interpreted: its function would be too long for the engine to optimise. */
export const MAX_GENERATED_FIELDS = 300;

let allowed: boolean | undefined;

/** False where the runtime forbids it (`--disallow-code-generation-from-strings`); asked once. */
export function canGenerateCode(): boolean {
  if (allowed === undefined) {
    try {
      // The probe: where strings may not become code, this throws.
      allowed = (new Function('return 1') as () => number)() === 1;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}

/** Makes a function from its body; `parts` are the names it sees besides its parameters, with their values. */
export function generateFunction(parameters: readonly string[], parts: Readonly<Record<string, unknown>>, body: string): unknown {
  const names = Object.keys(parts);
  const make = new Function(...names, `"use strict"; return function (${parameters.join(', ')}) {\n${body}\n};`) as (...values: unknown[]) => unknown;
  return make(...names.map((name) => parts[name]));
}

/** The expression for a field: own ones only, where the prototype has something of the same name. */
export function fieldExpression(object: string, name: string, prototype: object): string {
  const quoted = JSON.stringify(name);
  return name in prototype ? `(hasOwn(${object}, ${quoted}) ? ${object}[${quoted}] : undefined)` : `${object}[${quoted}]`;
}

/**
 * A property of an object literal. Its name is not computed, so that the object has room for its fields within itself and the hidden class of those that a
 * program's own literals make. Only `__proto__` is a field like others where it is computed.
 */
export function literalProperty(name: string, value: string): string {
  const quoted = JSON.stringify(name);
  return `${name === '__proto__' ? `[${quoted}]` : quoted}: ${value}`;
}

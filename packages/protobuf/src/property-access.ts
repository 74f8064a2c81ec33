import { canGenerateCode, generateFunction } from '@millrace/core/spi';

/** A record under way. */
export type Fields = Record<string, unknown>;

/** Sets one property. */
export type Setter = (record: Fields, value: unknown) => void;

/** Reads one own property. */
export type Getter = (record: Fields) => unknown;

/** What a property begins with. A function makes a new list or map for each record. */
export type Initial = { readonly make: 'list' | 'map' } | { readonly value: unknown };

/**
 * Sets a property of this name. Functions of their own per name are several times faster than one for all names, which the
 * engine cannot specialise; where it must not make code from strings, there is that one.
 */
export function setterOf(name: string, generate: boolean = canGenerateCode()): Setter {
  if (name === '__proto__') return (record, value) => put(record, name, value);
  if (generate) return generateFunction(['record', 'value'], {}, `record[${JSON.stringify(name)}] = value;`) as Setter;
  return (record, value) => {
    record[name] = value;
  };
}

/** Reads a property of this name, never one of the prototype. */
export function getterOf(name: string, generate: boolean = canGenerateCode()): Getter {
  if (name in Object.prototype) return (record) => (Object.hasOwn(record, name) ? record[name] : undefined);
  if (generate) return generateFunction(['record'], {}, `return record[${JSON.stringify(name)}];`) as Getter;
  return (record) => record[name];
}

/** Makes records that begin with these properties. */
export function makerOf(initials: ReadonlyMap<string, Initial>, generate: boolean = canGenerateCode()): () => Fields {
  const names = [...initials.keys()];
  if (!generate || names.length > MOST_GENERATED || names.includes('__proto__')) {
    return () => {
      const made: Fields = {};
      for (const [name, initial] of initials) put(made, name, valueOf(initial));
      return made;
    };
  }
  const parts: Record<string, unknown> = {};
  const properties = names.map((name, at) => {
    const initial = initials.get(name)!;
    if (!('make' in initial)) parts[`v${at}`] = initial.value;
    return `${JSON.stringify(name)}: ${'make' in initial ? (initial.make === 'list' ? '[]' : 'new Map()') : literalOf(initial.value, `v${at}`)}`;
  });
  return generateFunction([], parts, `return { ${properties.join(', ')} };`) as () => Fields;
}

/** The engine does not optimise longer literals. */
const MOST_GENERATED = 300;

/** Constants stand in the text, so that the engine knows them. */
function literalOf(value: unknown, name: string): string {
  if (value === 0 && !Object.is(value, -0)) return '0';
  return value === '' ? "''" : typeof value === 'boolean' ? String(value) : name;
}

function valueOf(initial: Initial): unknown {
  if (!('make' in initial)) return initial.value;
  return initial.make === 'list' ? [] : new Map<unknown, unknown>();
}

function put(into: object, name: string, value: unknown): void {
  Object.defineProperty(into, name, { value, configurable: true, enumerable: true, writable: true });
}

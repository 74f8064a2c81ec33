import { didYouMean } from '../base/suggest.js';
import { NameNotDeclared } from './errors.js';
import type { OperatorInfo } from './operator-context.js';
import { placeOf } from './user-failure.js';

/**
 * An object with the given parts as its own properties, frozen. Asking it for any other name is a coded error: the
 * question falls through to the prototype, so the declared names stay as fast as those of any object.
 */
export function namedParts<T>(what: string, parts: ReadonlyMap<string, T>, info: OperatorInfo): Readonly<Record<string, T>> {
  const fallback = new Proxy(Object.freeze({}), {
    get(_target, name): undefined {
      // Symbols and `then` are asked for by inspection and by whoever tests for a promise.
      if (typeof name === 'symbol' || name === 'then' || name === 'toJSON') return undefined;
      throw NameNotDeclared.error({
        what: `"${info.name}" has no ${what} "${name}".${didYouMean(name, parts.keys())}`,
        where: placeOf(info),
        ...(parts.size === 0 ? {} : { why: `Declared: ${[...parts.keys()].join(', ')}.` }),
      });
    },
  });
  const object = Object.create(fallback) as Record<string, T>;
  for (const [name, part] of parts) Object.defineProperty(object, name, { value: part, enumerable: true });
  return Object.freeze(object);
}

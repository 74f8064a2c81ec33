import type { ErrorLocation } from '../base/errors.js';
import { didYouMean } from '../base/suggest.js';
import { NameNotDeclared } from './errors.js';
import type { OperatorInfo } from './operator-context.js';
import { placeOf } from './user-failure.js';

/** Shapes that are kept; above it the oldest goes. */
const MOST_SHAPES = 256;
const shapes = new Map<string, Named<undefined>>();

type Named<T> = Readonly<Record<string, T>>;

/**
 * An object with the given parts as its own properties, frozen. Asking it for any other name is a coded error: the
 * question falls through to the prototype, so the declared names stay as fast as those of any object.
 *
 * Objects of the same names at the same place of a job have one prototype, and an object of that shape is kept: those of
 * the job's next run are of a shape that the runtime knows. With a new one it would throw compiled code away at each run.
 */
export function namedParts<T>(what: string, parts: ReadonlyMap<string, T>, info: OperatorInfo): Named<T> {
  const names = [...parts.keys()];
  const place = placeOfAll(info);
  const key = JSON.stringify([what, place, names]);
  let shape = shapes.get(key);
  if (shape === undefined) {
    if (shapes.size >= MOST_SHAPES) shapes.delete(shapes.keys().next().value as string);
    shape = withParts(refusing(what, names, place), new Map(names.map((name) => [name, undefined])));
    shapes.set(key, shape);
  }
  return withParts(Object.getPrototypeOf(shape) as object, parts);
}

function withParts<T>(prototype: object, parts: ReadonlyMap<string, T>): Named<T> {
  const object = Object.create(prototype) as Record<string, T>;
  for (const [name, part] of parts) Object.defineProperty(object, name, { value: part, enumerable: true });
  return Object.freeze(object);
}

/** What is asked for all names that are not declared. */
function refusing(what: string, names: readonly string[], place: ErrorLocation): object {
  return new Proxy(Object.freeze({}), {
    get(_target, name): undefined {
      // Symbols and `then` are asked for by inspection and by whoever tests for a promise.
      if (typeof name === 'symbol' || name === 'then' || name === 'toJSON') return undefined;
      throw NameNotDeclared.error({
        what: `"${place.operator}" has no ${what} "${name}".${didYouMean(name, names)}`,
        where: place,
        ...(names.length === 0 ? {} : { why: `Declared: ${names.join(', ')}.` }),
      });
    },
  });
}

/** The place that all subtasks of an operator have in common: theirs is added where the user's function is called. */
function placeOfAll(info: OperatorInfo): ErrorLocation {
  const { subtask: _, ...place } = placeOf(info);
  return place;
}

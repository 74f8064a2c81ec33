import type { ErrorObject, ValidateFunction } from 'ajv';

/** Keywords that try schemas on a value of which it need not fit all: what one of them does not know, another may. */
const CHOICES: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'not', 'if', 'contains']);
/** More levels of choices inside each other are left as they are, and refused. */
const MOST_ROUNDS = 16;

/** Whether a schema has keywords that try others on a value. */
export function hasChoices(schemas: readonly unknown[]): boolean {
  return new RegExp(`"(?:${[...CHOICES].join('|')})":`).test(JSON.stringify(schemas));
}

/**
 * Leaves out what `additionalProperties: false` refuses. In a choice it is only what one branch refuses, where nothing else
 * is wrong with that branch, and where this leaves out the least: a value that could be read as one or the other stays as
 * it is. `all` finds all errors, with their schemas.
 */
export function leaveUnknownOut(value: unknown, all: ValidateFunction): void {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (all(value)) return;
    const errors = [...all.errors!];
    const choices = choicesOf(errors);
    const plain = errors.filter((error) => isUnknown(error) && !choices.some((choice) => isWithin(error, choice)));
    let found = plain.length > 0;
    for (const choice of choices) {
      const branch = branchToFit(value, errors, choice, all);
      if (branch === undefined) continue;
      found = true;
      for (const error of branch) remove(value, error);
    }
    for (const error of plain) remove(value, error);
    if (!found) return;
  }
}

/** The places of failed choices that are in no other one. */
function choicesOf(errors: readonly ErrorObject[]): readonly string[] {
  const places = [...new Set(errors.filter(({ keyword }) => CHOICES.has(keyword)).map(({ instancePath }) => instancePath))];
  return places.filter((place) => !places.some((other) => other !== place && place.startsWith(`${other}/`)));
}

/** What is unknown to the branch that fits without it; undefined where none does, or several that know different things. */
function branchToFit(value: unknown, errors: readonly ErrorObject[], choice: string, all: ValidateFunction): readonly ErrorObject[] | undefined {
  const branches = new Map<unknown, ErrorObject[]>();
  for (const error of errors) {
    if (!isUnknown(error) || !isWithin(error, choice)) continue;
    const branch = branches.get(error.parentSchema);
    if (branch === undefined) branches.set(error.parentSchema, [error]);
    else branch.push(error);
  }
  const fitting = [...branches.values()].filter((branch) => {
    // It is JSON, parsed just before.
    const copy: unknown = JSON.parse(JSON.stringify(value));
    for (const error of branch) remove(copy, error);
    return all(copy) || !all.errors!.some((error) => isWithin(error, choice));
  });
  const least = fitting.toSorted((left, right) => left.length - right.length)[0];
  const isPart = (branch: readonly ErrorObject[]): boolean => least!.every((error) => branch.some((other) => placeOf(other) === placeOf(error)));
  return least !== undefined && fitting.every(isPart) ? least : undefined;
}

const isUnknown = ({ keyword }: ErrorObject): boolean => keyword === 'additionalProperties';
const isWithin = ({ instancePath }: ErrorObject, place: string): boolean => instancePath === place || instancePath.startsWith(`${place}/`);
const nameOf = ({ params }: ErrorObject): string => (params as { readonly additionalProperty: string }).additionalProperty;
const placeOf = (error: ErrorObject): string => JSON.stringify([error.instancePath, nameOf(error)]);

function remove(value: unknown, error: ErrorObject): void {
  let at = value as Record<string, unknown>;
  for (const step of error.instancePath.split('/').slice(1)) at = at[step.replaceAll('~1', '/').replaceAll('~0', '~')] as Record<string, unknown>;
  delete at[nameOf(error)];
}

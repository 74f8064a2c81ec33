import { readFileSync } from 'node:fs';

/** The rows of an input of the golden jobs. */
export const read = (name) => readFileSync(new URL(`../data/${name}.ndjson`, import.meta.url), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

/** The entry of a map, made when it is not there. */
export function entry(map, key, create) {
  if (!map.has(key)) map.set(key, create());
  return map.get(key);
}

/**
 * A value of a state as JSON that says which value it was. What JSON has no form for becomes an object with one field:
 * `{"$bigint":"12"}`, `{"$number":"NaN"}` (also `Infinity`, `-Infinity`, `-0`), `{"$date":"2026-01-31T00:00:00.000Z"}`,
 * `{"$bytes":"<base64>"}`, `{"$map":[[key,value],…]}`, `{"$set":[…]}`, `{"$undefined":true}`. An object of the user's with a
 * field that begins with `$` is `{"$object":[[name,value],…]}`, so that none of these can be mistaken.
 */
export function taggedJson(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return { $bigint: value.toString() };
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? '-0' : String(value) };
    case 'undefined':
      return { $undefined: true };
    case 'object':
      return value === null ? null : ofObject(value);
    default:
      return value;
  }
}

function ofObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(taggedJson);
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString() };
  if (value instanceof Map) return { $map: [...value].map(([key, entry]) => [taggedJson(key), taggedJson(entry)]) };
  if (value instanceof Set) return { $set: [...value].map(taggedJson) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  const entries = Object.entries(value).map(([name, entry]): [string, unknown] => [name, taggedJson(entry)]);
  // Built from entries, so that a field named __proto__ stays one.
  return entries.some(([name]) => name.startsWith('$')) ? { $object: entries } : Object.fromEntries(entries);
}

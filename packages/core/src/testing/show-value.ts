/**
 * A value as text that is equal for equal values of the value domain and different for others: what tests compare and
 * sort by. Fields keep their order.
 */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      return value === null ? 'null' : showObject(value);
    default:
      return String(value);
  }
}

function showObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Map) return `Map(${Array.from(value, ([key, entry]) => `${showValue(key)} => ${showValue(entry)}`).join(', ')})`;
  if (value instanceof Set) return `Set(${Array.from(value, showValue).join(', ')})`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${Array.from(value as Uint8Array, showValue).join(', ')})`;
  const name: unknown = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  const fields = Object.entries(value).map(([field, part]) => `${JSON.stringify(field)}: ${showValue(part)}`);
  return `${name === 'Object' || typeof name !== 'string' ? '' : `${name} `}{${fields.join(', ')}}`;
}

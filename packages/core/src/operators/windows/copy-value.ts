/**
 * A deep copy of a value of the value domain, so that what was emitted does not change with the accumulator it came
 * from. Instances keep their prototype. Frozen objects are copied too: what is inside them may not be frozen.
 */
export function copyValue<T>(value: T): T {
  return typeof value === 'object' && value !== null ? (copyObject(value) as T) : value;
}

function copyObject(value: object): object {
  // Where it has read a field before, V8 knows the prototype with the shape; otherwise it asks its runtime, which takes longer than all of the copy.
  if (value.constructor === Object && Object.getPrototypeOf(value) === Object.prototype) return copyFields({ ...value });
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return copyFields({ ...value });
  if (Array.isArray(value)) return copyArray(value);
  if (value instanceof Map) return new Map(Array.from(value, ([key, entry]) => [copyValue(key), copyValue(entry)]));
  if (value instanceof Set) return new Set(Array.from(value, copyValue));
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (ArrayBuffer.isView(value)) return copyView(value);
  return copyFields(Object.assign(Object.create(prototype as object | null) as object, value));
}

function copyFields(copy: object): object {
  const fields = copy as Record<string, unknown>;
  for (const name in fields) {
    const part = fields[name];
    if (typeof part === 'object' && part !== null) fields[name] = copyObject(part);
  }
  return copy;
}

function copyArray(value: readonly unknown[]): unknown[] {
  const copy = value.slice();
  for (let i = 0; i < copy.length; i++) {
    const part = copy[i];
    if (typeof part === 'object' && part !== null) copy[i] = copyObject(part);
  }
  return copy;
}

function copyView(view: ArrayBufferView): object {
  const buffer = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const Maker = view.constructor as new (buffer: ArrayBufferLike) => object;
  return new Maker(buffer);
}

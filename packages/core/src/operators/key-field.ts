const fields = new WeakMap<object, string | number>();

/**
 * Notes that a key function does nothing but read a field of the record, and throw where there is none: generated code then
 * reads the field itself. All such functions share one text, so calls of them are slow once a program reads many fields.
 */
export function readsField(keyOf: (value: unknown) => unknown, field: string | number): void {
  fields.set(keyOf, field);
}

/** The field that a key function reads; undefined when it does something else. */
export function fieldOf(keyOf: (value: unknown) => unknown): string | number | undefined {
  return fields.get(keyOf);
}

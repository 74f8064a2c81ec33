/** V8 makes a substring of this length or more a window onto its parent, which it keeps alive. */
const SLICE_LENGTH = 13;

/**
 * The same text in memory of its own. State that keeps a field of a parsed line would otherwise keep the whole line, or
 * the whole block it was read with.
 */
export function flatString(text: string): string {
  if (text.length < SLICE_LENGTH) return text;
  // A concatenation becomes one flat copy when a character is asked of it, and the collector then forgets its parts.
  const joined = text.charAt(0) + text.slice(1);
  return joined.charCodeAt(1) >= 0 ? joined : text;
}

/** What enters state: a string in memory of its own, anything else as it is. */
export function ownedValue<T>(value: T): T {
  return typeof value === 'string' ? (flatString(value) as T & string) : value;
}

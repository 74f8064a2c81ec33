/** Deeper values are looked at in another way. */
const MOST_LEVELS = 16;

/** Whether a value is itself what parsing its JSON would give: then its schema can check it as it is. */
export function isPlainJson(value: unknown, level: number = 0): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || level > MOST_LEVELS) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) if (!isPlainJson(value[at], level + 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const name in value) if (name === 'toJSON' || !isPlainJson((value as Record<string, unknown>)[name], level + 1)) return false;
  return true;
}

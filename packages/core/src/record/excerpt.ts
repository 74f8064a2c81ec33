const LONGEST_EXCERPT = 200;

/** The beginning of a record as text, for error messages: at most 200 characters, whatever the value is. */
export function excerpt(value: unknown): string {
  const text = textOf(value);
  return text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}…` : text;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, LONGEST_EXCERPT + 1));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

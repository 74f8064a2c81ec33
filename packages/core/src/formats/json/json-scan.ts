/**
 * What must be known about a JSON text before it is parsed: is it nested too deep, and may it hold integers that a double
 * cannot (rules 47, 49). Both are asked for each record, so both mostly answer without looking at every character.
 */

/** An integer beyond 2^53 has at least 16 digits. */
const UNSAFE_DIGITS = 16;

/** Whether brackets are nested deeper than the limit. */
export function isTooDeep(text: string, maxDepth: number): boolean {
  // Each level takes two characters, so a short text cannot be too deep.
  if (text.length < 2 * maxDepth) return false;
  if (!hasMoreBrackets(text, maxDepth)) return false;
  return deepest(text) > maxDepth;
}

/**
 * Whether the text has a number of 16 digits or more, or what looks like one. Such a run covers a position divisible by
 * 16, so only those are looked at.
 */
export function mayHaveUnsafeInteger(text: string): boolean {
  for (let at = UNSAFE_DIGITS - 1; at < text.length; at += UNSAFE_DIGITS) {
    if (isDigit(text.charCodeAt(at)) && isLongInteger(text, at)) return true;
  }
  return false;
}

/** Whether more than so many brackets open, in strings or not: the native search is far faster than a loop. */
function hasMoreBrackets(text: string, limit: number): boolean {
  let count = 0;
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) if (++count > limit) return true;
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) if (++count > limit) return true;
  return false;
}

function deepest(text: string): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === 0x5c) at++;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) {
      inString = true;
    } else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > most) most = depth;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth--;
    }
  }
  return most;
}

/** Looks both ways from a digit: a run long enough, neither quoted nor a fraction. */
function isLongInteger(text: string, at: number): boolean {
  let from = at;
  while (from > 0 && isDigit(text.charCodeAt(from - 1))) from--;
  let to = at + 1;
  while (to < text.length && isDigit(text.charCodeAt(to))) to++;
  if (to - from < UNSAFE_DIGITS) return false;
  const before = from === 0 ? '' : text[from - 1]!;
  const after = to === text.length ? '' : text[to]!;
  return before !== '"' && before !== '.' && after !== '.' && after !== 'e' && after !== 'E';
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

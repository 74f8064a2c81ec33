/**
 * Patterns of paths: `*` and `?` within a name, `**` for any number of folders, `[a-c]` and `[!a-c]` for one character,
 * `{a,b}` for alternatives, `\` before a character that is meant as it is. Names that begin with a dot match only where
 * the pattern says the dot.
 */

/** Whether the path has one of the characters that make it a pattern. */
export function isPattern(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** The folder to search: the parts of the pattern before the first that is a pattern. */
export function patternRoot(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex(isPattern);
  const root = parts.slice(0, Math.min(first, parts.length - 1)).join('/');
  return root === '' ? (pattern.startsWith('/') ? '/' : '.') : root;
}

/** Whether an absolute path matches. Takes time in proportion to path × pattern, whatever the pattern. */
export function matchesPattern(path: string, pattern: string): boolean {
  return alternatives(pattern).some((one) => matchParts(path.split('/'), one.split('/')));
}

/** `a{b,c}d` as `abd` and `acd`; nested braces, too. */
function alternatives(pattern: string): readonly string[] {
  const open = pattern.indexOf('{');
  if (open < 0) return [pattern];
  let depth = 0;
  let from = open + 1;
  const choices: string[] = [];
  for (let at = open; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '{') depth++;
    else if (character === '}') depth--;
    if ((character === ',' && depth === 1) || depth === 0) {
      choices.push(pattern.slice(from, at));
      from = at + 1;
    }
    if (depth > 0) continue;
    return choices.flatMap((choice) => alternatives(pattern.slice(0, open) + choice + pattern.slice(at + 1)));
  }
  // A brace that is never closed means itself.
  return [pattern];
}

function matchParts(path: readonly string[], pattern: readonly string[]): boolean {
  return matchSequence(path.length, pattern.length, (at) => pattern[at] === '**', (pathAt, patternAt) => matchName(path[pathAt]!, pattern[patternAt]!), (at) => !path[at]!.startsWith('.'));
}

function matchName(name: string, pattern: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  const tokens = tokenize(pattern);
  return matchSequence(name.length, tokens.length, (at) => tokens[at] === '*', (nameAt, tokenAt) => matchOne(name[nameAt]!, tokens[tokenAt]!), () => true);
}

/**
 * Matches items against a pattern in which some items stand for any number of others. When it fails behind the last such
 * item, only that one takes one more: earlier ones need not be tried again.
 */
function matchSequence(length: number, patternLength: number, isMany: (at: number) => boolean, matches: (at: number, patternAt: number) => boolean, mayBeMany: (at: number) => boolean): boolean {
  let at = 0;
  let patternAt = 0;
  let manyAt = -1;
  let manyFrom = 0;
  while (at < length) {
    if (patternAt < patternLength && isMany(patternAt)) {
      manyAt = patternAt++;
      manyFrom = at;
    } else if (patternAt < patternLength && matches(at, patternAt)) {
      at++;
      patternAt++;
    } else if (manyAt >= 0 && mayBeMany(manyFrom)) {
      at = ++manyFrom;
      patternAt = manyAt + 1;
    } else {
      return false;
    }
  }
  while (patternAt < patternLength && isMany(patternAt)) patternAt++;
  return patternAt === patternLength;
}

/** The parts of a name's pattern: `*`, `?`, sets, and characters (after a backslash). */
function tokenize(pattern: string): readonly string[] {
  const tokens: string[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    const close = character === '[' ? pattern.indexOf(']', at + 2) : -1;
    if (close > 0) {
      tokens.push(pattern.slice(at, close + 1));
      at = close;
    } else if (character === '\\' && at + 1 < pattern.length) {
      tokens.push(`\\${pattern[++at]!}`);
    } else {
      tokens.push(character);
    }
  }
  return tokens;
}

function matchOne(character: string, token: string): boolean {
  if (token === '?') return true;
  if (token.length === 1) return token === character;
  if (token.startsWith('\\')) return token[1] === character;
  const negated = token[1] === '!' || token[1] === '^';
  let found = false;
  for (let at = negated ? 2 : 1; at < token.length - 1; at++) {
    const isRange = token[at + 1] === '-' && at + 2 < token.length - 1;
    if (isRange ? character >= token[at]! && character <= token[at + 2]! : character === token[at]) found = true;
    if (isRange) at += 2;
  }
  return found !== negated;
}

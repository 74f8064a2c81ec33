/**
 * What the source text of a function proves of it, for a few forms that can be read without parsing the language. Whatever
 * is not understood at once proves nothing.
 */

/** The language's own, also where a library of the job's replaces it later, to hide what it wraps. */
const { toString } = Function.prototype;
/** Text in which a bracket, a comma or a name may not be one: strings, templates, comments, regular expressions, escapes; and spreads, which bring any fields. */
const UNREADABLE = /["'`/\\#]|\.\.\.|<!|-->/;
const NAME = /[A-Za-z_$][\w$]*/y;
const GAP = /\s*/y;
/** An arrow, and the beginning of an object literal that is all of its body. */
const ARROW_TO_LITERAL = /\s*=>\s*\(\s*\{/y;
const LITERAL_END = /\}\s*\)\s*$/y;
/** `record => record.field.of.it` */
const PATH = /^\(?\s*([A-Za-z_$][\w$]*)\s*\)?\s*=>\s*\1(?:\.[A-Za-z_$][\w$]*)*$/;

/**
 * The fields, in their order, of the object literal that an arrow function makes anew at each call and does nothing with
 * but return it: `(bid) => ({ id: bid.id, price: bid.price })`. So every result is a plain object of these very fields,
 * and only the caller has it. Undefined for all other functions.
 */
export function literalFields(fn: unknown): readonly string[] | undefined {
  const text = textOf(fn);
  if (text === undefined || UNREADABLE.test(text)) return undefined;
  let at = matchEnd(ARROW_TO_LITERAL, text, text.startsWith('(') ? endOfNested(text, 1) + 1 : matchEnd(NAME, text, 0));
  if (at < 0) return undefined;
  const names: string[] = [];
  for (;;) {
    at = matchEnd(GAP, text, at);
    if (text[at] === '}') break;
    const end = matchEnd(NAME, text, at);
    if (end < 0) return undefined;
    const name = text.slice(at, end);
    // `__proto__` is no field, and of a name that is there twice the first has the place and the last the value.
    if (name === '__proto__' || names.includes(name)) return undefined;
    names.push(name);
    at = matchEnd(GAP, text, end);
    if (text[at] === ':') at = endOfNested(text, at + 1);
    if (text[at] === ',') at++;
    else if (text[at] !== '}') return undefined;
  }
  return names.length > 0 && matchEnd(LITERAL_END, text, at) === text.length ? names : undefined;
}

/**
 * True for an arrow function that can neither change nor keep the object it is given: it takes that apart in its parameter,
 * `({ id }) => id % 7`, or reads a path, `(bid) => bid.id`. False for those where the text does not show it.
 */
export function onlyReads(fn: unknown): boolean {
  const text = textOf(fn);
  return text !== undefined && (/^\(\s*\{/.test(text) || PATH.test(text));
}

/** As the language gives it, whatever `toString` the function has itself; a bound or foreign one has none that matches anything. */
function textOf(fn: unknown): string | undefined {
  return typeof fn === 'function' ? toString.call(fn) : undefined;
}

/** Where the match at `at` ends; -1 without one, or when `at` is no place already. */
function matchEnd(pattern: RegExp, text: string, at: number): number {
  if (at < 0) return -1;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** The place of the comma or closing bracket that ends what begins at `at`; the text's length when none does. */
function endOfNested(text: string, at: number): number {
  let depth = 0;
  for (; at < text.length; at++) {
    const unit = text[at] as string;
    if (depth === 0 && (unit === ',' || isClosing(unit))) break;
    if (unit === '(' || unit === '[' || unit === '{') depth++;
    else if (isClosing(unit)) depth--;
  }
  return at;
}

function isClosing(unit: string): boolean {
  return unit === ')' || unit === ']' || unit === '}';
}

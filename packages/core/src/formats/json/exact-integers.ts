/** The path of a value inside a record: field names and positions. */
export type ValuePath = readonly (number | string)[];

/** An integer that a double would round, and where it stands. */
export interface UnsafeInteger {
  readonly path: ValuePath;
  readonly value: bigint;
}

/**
 * The integers of a JSON text that a double cannot hold. The text has been parsed before, so it is valid and its nesting
 * is bounded. Of fields with the same name the last one counts, as in parsing.
 */
export function findUnsafeIntegers(text: string): readonly UnsafeInteger[] {
  return new IntegerFinder(text).find();
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;

class IntegerFinder {
  readonly #text: string;
  readonly #path: (number | string)[];
  readonly #found: Map<string, UnsafeInteger>;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#path = [];
    this.#found = new Map();
    this.#at = 0;
  }

  find(): readonly UnsafeInteger[] {
    this.#value();
    return [...this.#found.values()];
  }

  #value(): void {
    const first = this.#next();
    if (first === '{') this.#object();
    else if (first === '[') this.#array();
    else if (first === '"') this.#match(STRING);
    else if (first === '-' || (first >= '0' && first <= '9')) this.#number();
    else this.#at += first === 'f' ? 5 : 4;
  }

  #object(): void {
    this.#at++;
    while (this.#next() !== '}') {
      if (this.#text[this.#at] === ',') this.#at++;
      this.#next();
      const name = JSON.parse(this.#match(STRING)) as string;
      this.#next();
      this.#at++;
      this.#path.push(name);
      this.#forgetBelow();
      this.#value();
      this.#path.pop();
    }
    this.#at++;
  }

  #array(): void {
    this.#at++;
    let position = 0;
    while (this.#next() !== ']') {
      if (this.#text[this.#at] === ',') this.#at++;
      this.#path.push(position++);
      this.#value();
      this.#path.pop();
    }
    this.#at++;
  }

  #number(): void {
    const token = this.#match(NUMBER);
    if (token.length < 16 || /[.eE]/.test(token) || Number.isSafeInteger(Number(token))) return;
    this.#found.set(JSON.stringify(this.#path), { path: [...this.#path], value: BigInt(token) });
  }

  /** A field seen before under the same name counts no more. */
  #forgetBelow(): void {
    if (this.#found.size === 0) return;
    const own = JSON.stringify(this.#path).slice(0, -1);
    for (const key of this.#found.keys()) {
      if (key.startsWith(own) && (key[own.length] === ']' || key[own.length] === ',')) this.#found.delete(key);
    }
  }

  /** The next character that is no space. */
  #next(): string {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
    return this.#text[this.#at] ?? '';
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += token.length;
    return token;
  }
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: ValuePath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<number | string, unknown>)[step];
  }
  return value;
}

/** The root with another value at the path, changed in place; the new root where the path is empty. */
export function withValueAt(root: unknown, path: ValuePath, replacement: unknown): unknown {
  if (path.length === 0) return replacement;
  const holder = valueAt(root, path.slice(0, -1));
  const field = path.at(-1)!;
  if (typeof holder === 'object' && holder !== null) {
    // An own field named __proto__ exists already when it was parsed, and is only replaced by defining it.
    Object.defineProperty(holder, field, { value: replacement, configurable: true, enumerable: true, writable: true });
  }
  return root;
}

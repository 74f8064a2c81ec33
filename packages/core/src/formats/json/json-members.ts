/** Where a value stands in a JSON text. */
export interface JsonSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * The members of the object that begins at `from` (spaces may come first), by name; of members of one name the last
 * counts. Undefined where another value stands. The text has been parsed before, so it is valid: this only finds places,
 * so that a part can be decoded from its own digits.
 */
export function membersAt(text: string, from: number): ReadonlyMap<string, JsonSpan> | undefined {
  let at = afterSpace(text, from);
  if (text[at] !== '{') return undefined;
  const members = new Map<string, JsonSpan>();
  for (at = afterSpace(text, at + 1); text[at] !== '}'; at = afterSpace(text, at)) {
    if (text[at] === ',') at = afterSpace(text, at + 1);
    const nameEnd = stringEnd(text, at);
    const name = JSON.parse(text.slice(at, nameEnd)) as string;
    const start = afterSpace(text, afterSpace(text, nameEnd) + 1);
    at = valueEnd(text, start);
    members.set(name, { from: start, to: at });
  }
  return members;
}

/** The elements of the array that begins at `from`; undefined where another value stands. */
export function elementsAt(text: string, from: number): readonly JsonSpan[] | undefined {
  let at = afterSpace(text, from);
  if (text[at] !== '[') return undefined;
  const elements: JsonSpan[] = [];
  for (at = afterSpace(text, at + 1); text[at] !== ']'; at = afterSpace(text, at)) {
    if (text[at] === ',') at = afterSpace(text, at + 1);
    const end = valueEnd(text, at);
    elements.push({ from: at, to: end });
    at = end;
  }
  return elements;
}

function valueEnd(text: string, from: number): number {
  const first = text[from]!;
  if (first === '"') return stringEnd(text, from);
  if (first !== '{' && first !== '[') {
    let at = from + 1;
    while (at < text.length && !/[\s,\]}]/.test(text[at]!)) at++;
    return at;
  }
  let depth = 0;
  for (let at = from; ; at++) {
    const unit = text[at];
    if (unit === '"') at = stringEnd(text, at) - 1;
    else if (unit === '{' || unit === '[') depth++;
    else if ((unit === '}' || unit === ']') && --depth === 0) return at + 1;
  }
}

function stringEnd(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5c) at++;
    else if (unit === 0x22) return at + 1;
  }
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** What JSON.stringify writes otherwise than as it stands: quotes, backslashes, control characters, and surrogates, which may be alone. */
// oxlint-disable-next-line no-control-regex
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * The JSON of records whose fields are texts, numbers, booleans or null: the commonest, in half the time of JSON.stringify with the
 * look beforehand whether that says the value exactly. It remembers the names of the record before, by place.
 */
export class FlatRecordText {
  readonly #names: string[];
  /** What comes before the value of a field: bracket or comma, and its name. */
  readonly #before: string[];

  constructor() {
    this.#names = [];
    this.#before = [];
  }

  /** The text of a record, the same as that of JSON.stringify; undefined for any other value. */
  of(value: unknown): string | undefined {
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype || othersInherit()) return undefined;
    let text = '';
    let at = 0;
    for (const name in value) {
      const field = scalarText((value as Record<string, unknown>)[name]);
      if (field === undefined) return undefined;
      if (this.#names[at] !== name) this.#learn(at, name);
      text += this.#before[at]! + field;
      at++;
    }
    return at === 0 ? '{}' : `${text}}`;
  }

  #learn(at: number, name: string): void {
    this.#names[at] = name;
    this.#before[at] = `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`;
  }
}

/** Whether somebody has given all objects fields, which a loop over names meets and JSON.stringify does not. */
function othersInherit(): boolean {
  for (const _name in Object.prototype) return true;
  return false;
}

function scalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`;
    case 'number':
      // Neither NaN nor an infinity, which are errors, nor -0, which JSON.stringify would lose.
      return value - value === 0 && (value !== 0 || 1 / value > 0) ? `${value}` : undefined;
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return value === null ? 'null' : undefined;
  }
}

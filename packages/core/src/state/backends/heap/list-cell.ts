/** Where a list stood when a version first appended to it. */
interface AppendMark {
  readonly version: number;
  readonly from: number;
}

/**
 * One list: an append log. It remembers how long it was when each version first appended, so that a delta holds only
 * what was added since, and how far a running snapshot has written it. Replacing a list makes a new cell.
 */
export class ListCell<T> {
  readonly items: T[];
  /** When each element was added; null without time to live. */
  readonly times: number[] | null;
  /** The version in which this cell replaced what was there before. */
  readonly madeIn: number;
  /** Newest last; null for a cell that was never appended to after the version that made it, as most are. */
  #marks: AppendMark[] | null;
  #frozenIn: number;
  #frozenLength: number;
  #cursorIn: number;
  #cursor: number;

  constructor(items: T[], times: number[] | null, madeIn: number) {
    this.items = items;
    this.times = times;
    this.madeIn = madeIn;
    this.#marks = null;
    this.#frozenIn = 0;
    this.#frozenLength = 0;
    this.#cursorIn = 0;
    this.#cursor = 0;
  }

  /** Must be called before an element is appended in `version`; `floor` is the oldest version a delta may start at. */
  beforeAppend(version: number, floor: number, snapshotRunning: boolean): void {
    if (snapshotRunning && this.#frozenIn !== version) {
      this.#frozenIn = version;
      this.#frozenLength = this.items.length;
    }
    // Whoever wants what was added since then or before has to take the whole list.
    if (version === this.madeIn) return;
    this.#mark(version, floor);
  }

  #mark(version: number, floor: number): void {
    const marks = this.#marks ?? [];
    if (marks.at(-1)?.version === version) return;
    this.#marks = marks.length > 0 && marks[0]!.version < floor ? marks.filter((mark) => mark.version >= floor) : marks;
    this.#marks.push({ version, from: this.items.length });
  }

  /** How many elements belong to the snapshot of `version`. */
  lengthAt(version: number): number {
    return this.#frozenIn === version ? this.#frozenLength : this.items.length;
  }

  /** The first element that a snapshot from `since` on has to hold; 0 with `replaces` when it has to hold the whole list. */
  startFor(since: number): { readonly from: number; readonly replaces: boolean } {
    if (since === 0 || this.madeIn >= since) return { from: 0, replaces: true };
    for (const mark of this.#marks ?? []) if (mark.version >= since) return { from: mark.from, replaces: false };
    return { from: this.items.length, replaces: false };
  }

  /** How far the snapshot of `version` has written; undefined when it has not begun. */
  cursor(version: number): number | undefined {
    return this.#cursorIn === version ? this.#cursor : undefined;
  }

  /** The snapshot of `version` has written the elements before `next`. */
  setCursor(version: number, next: number): void {
    this.#cursorIn = version;
    this.#cursor = next;
  }
}

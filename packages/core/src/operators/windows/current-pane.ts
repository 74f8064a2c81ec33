import type { Pane } from '../../state/backend.js';

/** The pane of the last element and its bounds; NaN when there is none, so that no time lies in it. */
export class CurrentPane {
  pane: Pane<unknown> | undefined = undefined;
  // Set here and not in a constructor, where V8 would have seen them undefined and would keep each number as an object.
  start: number = Number.NaN;
  end: number = Number.NaN;
  /** Whether the pane was fired already, and elements that come to it are late ones. */
  isFired: boolean = false;
  /** The slot of the single key of a window over all elements, once it was looked up; -1 before. An entry stays in its slot as long as its pane is a current one. */
  slot: number = -1;

  /** Makes a pane the current one. */
  hold(pane: Pane<unknown>, isFired: boolean): void {
    this.pane = pane;
    this.start = pane.start;
    this.end = pane.end;
    this.isFired = isFired;
    this.slot = -1;
  }

  /** No pane is current. */
  forget(): void {
    this.pane = undefined;
    this.start = Number.NaN;
    this.end = Number.NaN;
    this.isFired = false;
    this.slot = -1;
  }
}

import type { Pane } from '../../state/backend.js';

/** The pane of the last element and its bounds; NaN when there is none, so that no time lies in it. */
export class CurrentPane {
  pane: Pane<unknown> | undefined = undefined;
  // Set here and not in a constructor, where V8 would have seen them undefined and would keep each number as an object.
  start: number = Number.NaN;
  end: number = Number.NaN;
  /** Whether the pane was fired already, and elements that come to it are late ones. */
  isFired: boolean = false;

  /** No pane is current. */
  forget(): void {
    this.pane = undefined;
    this.start = Number.NaN;
    this.end = Number.NaN;
    this.isFired = false;
  }
}

import type { Receiver } from '../operator.js';
import { keyText } from '../fusion/key-text.js';
import type { StageCode } from '../fusion/stage-code.js';
import type { Accumulation } from './accumulation.js';
import type { CurrentPane } from './current-pane.js';
import type { WindowParts } from './window-parts.js';

/** What an operator that keeps an accumulator per pane and key writes about an element. */
export interface PaneText {
  readonly operator: Receiver & { recordsIn: number };
  readonly parts: WindowParts;
  readonly current: CurrentPane;
  /** The expression for the time of the element. */
  readonly time: string;
  /** Makes the pane of a time the current one; false when there is none. */
  readonly moveTo: (time: number) => boolean;
  /** Told of an element that has no pane. */
  readonly withoutPane: (time: number, value: unknown) => void;
  /** Called for an element of a pane that was fired already. */
  readonly changedLate: (value: unknown) => void;
}

/**
 * Statements that take the element in the variable `value` into the accumulator of its key in its pane.
 *
 * What runs now and then must not be handed the element, only what hardly ever runs: an element that no call is given, and that
 * nobody keeps, is never made by the optimised code.
 */
export function paneText(code: StageCode, value: string, { operator, parts, current, time, moveTo, withoutPane, changedLate }: PaneText): string {
  const accumulation: Accumulation = parts.accumulation;
  const pane = code.part(current);
  const slot = parts.isWindowAll ? `let { slot } = ${pane};\nif (slot < 0) slot = ${pane}.slot = pane.slot(key);` : 'const slot = pane.slot(key);';
  const taken = `
${keyText(code, parts.keyOf, value)}
${slot}
${intoSlot(code, value, accumulation)}`;
  return `
${code.count(operator)}
const time = ${time};
if (time >= ${pane}.start && time < ${pane}.end || ${code.part(moveTo)}(time)) {
  const pane = ${pane}.pane;
  ${code.step(taken, (error, element) => parts.failure(error, element), value)}
  if (${pane}.isFired) ${code.part(changedLate)}(${value});
} else {
  ${code.part(withoutPane)}(time, ${value});
}`;
}

/** Statements that take the element into the accumulator in `slot` of `pane`; a new one where `slot` is below 0. */
function intoSlot(code: StageCode, value: string, accumulation: Accumulation): string {
  const created = accumulation.fuseCreate?.(code);
  const taker = code.part(accumulation);
  const add = accumulation.fuseAdd?.(code, 'before', value) ?? `const after = ${taker}.add(before, ${value});`;
  if (created !== undefined) {
    return `
if (slot >= 0) pane.touch(slot);
const before = slot >= 0 ? pane.values[slot] : ${created};
${add}
if (slot < 0) pane.insert(key, after);
else if (after !== before) pane.values[slot] = after;`;
  }
  return `
if (slot < 0) {
  pane.insert(key, ${taker}.first(${value}));
} else {
  pane.touch(slot);
  const before = pane.values[slot];
  ${add}
  if (after !== before) pane.values[slot] = after;
}`;
}

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
  /** Makes the pane of a time the current one; false when the element belongs to none. */
  readonly usePane: (time: number, value: unknown) => boolean;
  /** Called for an element of a pane that was fired already. */
  readonly changedLate: (value: unknown) => void;
}

/** Statements that take the element in the variable `value` into the accumulator of its key in its pane. */
export function paneText(code: StageCode, value: string, { operator, parts, current, time, usePane, changedLate }: PaneText): string {
  const accumulation: Accumulation = parts.accumulation;
  const pane = code.part(current);
  const first = code.part(accumulation);
  const add = accumulation.fuseAdd?.(code, 'before', value) ?? `const after = ${first}.add(before, ${value});`;
  return `
${code.count(operator)}
const time = ${time};
if (time >= ${pane}.start && time < ${pane}.end || ${code.part(usePane)}(time, ${value})) {
  const pane = ${pane}.pane;
  ${code.begin((error, element) => parts.failure(error, element), value)}
  ${keyText(code, parts.keyOf, value)}
  const slot = pane.slot(key);
  if (slot < 0) {
    pane.insert(key, ${first}.first(${value}));
  } else {
    pane.touch(slot);
    const before = pane.values[slot];
    ${add}
    if (after !== before) pane.values[slot] = after;
  }
  ${code.end()}
  if (${pane}.isFired) ${code.part(changedLate)}(${value});
}`;
}

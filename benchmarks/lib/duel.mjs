import { interleave, sameRows } from './interleave.mjs';

/**
 * The engine against one other way of doing the same work: first their rows are compared, then, unless it is a smoke test,
 * their times.
 *
 * @param {{ what: string, goal?: number, records: number, other: import('./interleave.mjs').Contestant,
 *   engine: import('./interleave.mjs').Contestant, smoke: boolean, rowsDiffer?: boolean }} duel
 */
export async function duel({ what, goal, records, other, engine, smoke, rowsDiffer = false }) {
  const rows = rowsDiffer ? 'rows differ by design' : await sameRows([other, engine]);
  if (smoke) return [{ what, rows }];
  const [otherTime, engineTime] = await interleave([other, engine], records);
  return [
    {
      what,
      value: engineTime.ratio,
      spread: engineTime.ratioSpread,
      ...(goal === undefined ? {} : { goal: `≥ ${goal}`, holds: engineTime.ratio >= goal }),
      rows,
      detail: [otherTime, engineTime].map(({ name, nanoseconds }) => `${name} ${nanoseconds.toFixed(0)} ns`).join(', '),
    },
  ];
}

import { table } from '../lib/report.mjs';

const SHOWN = 40;
const time = (ms) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

/** The windows of the order statistics as a table in order of time, then order id; a long one is cut in the middle. */
export function windowTable(rows) {
  const sorted = [...rows].sort((a, b) => a.windowStart - b.windowStart || (a.orderId < b.orderId ? -1 : Number(a.orderId > b.orderId)));
  const lines = sorted.map((row) => [`${time(row.windowStart)} – ${time(row.windowEnd).slice(11)}`, row.orderId, row.orderCount, row.totalAmount.toFixed(2)]);
  const text = table(['window (UTC)', 'order id', 'orders', 'total amount'], lines).split('\n');
  if (lines.length <= SHOWN) return text.join('\n');
  const half = SHOWN / 2;
  return [...text.slice(0, 2 + half), `… ${lines.length - SHOWN} more windows …`, ...text.slice(-half)].join('\n');
}

/** The last event of `millrace run --json`, which closes a job that ran to its end. */
export function finishedEvent(stdout) {
  const events = stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const finished = events.findLast((event) => event.type === 'finished');
  if (finished === undefined) throw new Error('millrace run --json did not print a "finished" event');
  return finished;
}

/** The closing line: what went in, what came out, what was too late, how long it took. */
export function closingSentence(finished, windows, wallSeconds) {
  return `${finished.records} records in, ${windows} windows out, ${finished.lateRecords} late, ${(finished.seconds ?? wallSeconds).toFixed(2)} s (${wallSeconds.toFixed(2)} s with the start of the program)`;
}

/** How a step or a tool ends: counts of what it checked. */
export const counts = (passed, failed = 0, skipped = 0) => ({ passed, failed, skipped });

/** Adds counts up. */
export const total = (list) =>
  list.reduce((sum, one) => counts(sum.passed + one.passed, sum.failed + one.failed, sum.skipped + one.skipped), counts(0));

/** The closing line: `12 passed, 0 failed`, with `, 3 skipped` where there are any. */
export const closingLine = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** `1.2 s`, `850 ms`. */
export const duration = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`);

/** Rows as a table with padded columns; numbers to the right. */
export function table(header, rows) {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const right = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || /^-?[\d.,]+$/.test(String(row[column]))));
  const line = (row) => row.map((cell, column) => (right[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ').trimEnd();
  return [line(cells[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.slice(1).map(line)].join('\n');
}

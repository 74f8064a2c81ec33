import { counts } from './machine.mjs';

/** The lines of a run as a table for people. */
export function table(lines) {
  const rows = [['measurement', 'value', 'spread', 'goal', '', 'foreign load', 'detail']];
  for (const line of lines) {
    rows.push([
      `${line.part}: ${line.what}`,
      `${number(line.value)}${line.unit === undefined ? '' : ` ${line.unit}`}`,
      line.spread === undefined ? '' : `± ${(line.spread * 100).toFixed(0)} %`,
      line.goal ?? '',
      line.holds === undefined ? '' : line.holds ? 'holds' : 'MISSED',
      load(line.foreignLoad),
      line.detail ?? '',
    ]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}

function load(foreignLoad) {
  if (foreignLoad === undefined) return 'unknown';
  return `${foreignLoad.toFixed(2)}${counts(foreignLoad) ? '' : ', does not count'}`;
}

function number(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

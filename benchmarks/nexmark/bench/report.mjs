import { counts } from '../../lib/machine.mjs';
import { geometricMean } from './figures.mjs';

/** The figures of a run as a table, queries below one another, with geometric means. */
export function tableOf(lines) {
  const rows = [['query', 'engine', 'hand', 'generator', 'engine wall', 'gross', '', 'net', 'ns engine/hand/gen', 'rows', 'MB', 'load']];
  for (const line of lines) {
    rows.push([
      line.query,
      both(line.engine), both(line.hand), both(line.generator), number(line.engine.wall),
      number(line.gross), `± ${(line.grossSpread * 100).toFixed(0)} %`, line.net === undefined ? '–' : number(line.net),
      [line.engineNs, line.handNs, line.generatorNs].map((ns) => ns.toFixed(0)).join(' / '),
      line.rows === undefined ? '' : String(line.rows), String(line.memoryMb), load(line.load),
    ]);
  }
  rows.push(['mean', '', '', '', '', number(geometricMean(lines.map(({ gross }) => gross))), '', number(geometricMean(lines.map(({ net }) => net))), '', '', '', '']);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}

/** One line of JSON for a query. */
export function jsonOf(line) {
  const round = (value) => (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value);
  return JSON.stringify(line, (_, value) => round(value));
}

function both({ best, median }) {
  return `${number(best)} (${number(median)})`;
}

function number(value) {
  return value.toFixed(value < 10 ? 2 : 1);
}

function load(value) {
  if (value === undefined) return 'unknown';
  return `${value.toFixed(2)}${counts(value) ? '' : ' !'}`;
}

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The lines of a file, or of all committed files of a folder: files whose name starts with a dot are not committed. */
export function committedLines(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return lines(readFileSync(path, 'utf8'));
  return readdirSync(path).filter((name) => !name.startsWith('.') && !name.startsWith('_')).sort().flatMap((name) => committedLines(join(path, name)));
}

/** Text as its lines, without blank ones. */
export const lines = (text) => text.split(/\r?\n/).filter((line) => line.trim() !== '');

/** How two multisets of lines differ, in words; undefined when they are equal. */
export function difference(expected, actual) {
  const balance = new Map();
  for (const line of expected) balance.set(line, (balance.get(line) ?? 0) + 1);
  for (const line of actual) balance.set(line, (balance.get(line) ?? 0) - 1);
  const missing = [...balance].filter(([, count]) => count > 0);
  const extra = [...balance].filter(([, count]) => count < 0);
  if (missing.length === 0 && extra.length === 0) return undefined;
  const show = (title, list) => (list.length === 0 ? [] : [`  ${title}:`, ...list.slice(0, 5).map(([line, count]) => `    ${Math.abs(count) > 1 ? `${Math.abs(count)} × ` : ''}${line}`), ...(list.length > 5 ? [`    … and ${list.length - 5} more`] : [])]);
  return [`${expected.length} lines expected, ${actual.length} came`, ...show('missing', missing), ...show('not expected', extra)].join('\n');
}

/** How lines of live data differ from a shape, in words; undefined when they fit. */
export function misfit(actual, { atLeast = 1, fields = {} }) {
  if (actual.length < atLeast) return `at least ${atLeast} lines expected, ${actual.length} came`;
  for (const line of actual) {
    let row;
    try {
      row = JSON.parse(line);
    } catch {
      return `not JSON: ${line}`;
    }
    for (const [field, type] of Object.entries(fields)) if (typeof row[field] !== type) return `the field ${field} is not a ${type}: ${line}`;
  }
  return undefined;
}

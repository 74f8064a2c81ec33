import { writeFileSync } from 'node:fs';
import { closingLine } from './report.mjs';

/**
 * Ends a tool: says what it counted, sets the exit code, and, where `npm test` asked with `--counts FILE`, leaves the
 * counts in that file, so that nobody reads numbers out of prose.
 */
export function finish(result, argv = process.argv) {
  const at = argv.indexOf('--counts');
  if (at >= 0) writeFileSync(argv[at + 1], JSON.stringify(result));
  else console.log(closingLine(result));
  if (result.failed > 0) process.exitCode = 1;
}

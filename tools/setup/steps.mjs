import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counts } from '../lib/report.mjs';
import { run, runBin } from '../lib/run.mjs';

/** The unit tests take six minutes on two cores, twelve on slow ones; longer than this they hang. */
const UNIT_LIMIT_MS = 30 * 60_000;

/**
 * What `npm test` runs, in this order: the quick and telling ones first. A step returns its counts.
 */
export const STEPS = [
  { name: 'tidy', title: "the repository's own rules", run: () => tool('tools/tidy/tidy.mjs') },
  { name: 'types', title: 'type check of sources, tests and examples', run: () => command('typescript', 'tsc', ['-p', 'tsconfig.check.json', '--pretty', 'false']) },
  { name: 'lint', title: 'oxlint', run: () => command('oxlint', 'oxlint', ['--deny-warnings', '--quiet']) },
  { name: 'unit', title: 'unit, property and golden tests', run: unitTests },
  { name: 'docs', title: 'code blocks of the documentation', run: () => tool('tools/doctest/doctest.mjs') },
  { name: 'examples', title: 'the examples, through the command line', run: () => tool('tools/examples/run.mjs') },
  { name: 'package', title: 'packed packages, used from an empty folder', run: () => tool('tools/package-test/package-test.mjs') },
];

async function tool(script) {
  return withFile('counts.json', async (file) => {
    const { code } = await run(process.execPath, [script, '--counts', file], { echo: true });
    const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : counts(0, 1);
    return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
  });
}

async function command(packageName, bin, args) {
  const { code } = await runBin(packageName, bin, args, { echo: true });
  return code === 0 ? counts(1) : counts(0, 1);
}

async function unitTests() {
  return withFile('results.json', async (file) => {
    const { code } = await runBin('vitest', 'vitest', ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`], { echo: true, env: { NO_COLOR: '1' }, timeoutMs: UNIT_LIMIT_MS });
    if (!existsSync(file)) return counts(0, 1);
    const result = JSON.parse(readFileSync(file, 'utf8'));
    const broken = result.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0).length;
    const failed = result.numFailedTests + broken;
    return counts(result.numPassedTests, code !== 0 && failed === 0 ? 1 : failed, result.numPendingTests + result.numTodoTests);
  });
}

async function withFile(name, use) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  try {
    return await use(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

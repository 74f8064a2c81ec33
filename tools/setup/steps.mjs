import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counts } from '../lib/report.mjs';
import { run, runBin } from '../lib/run.mjs';

/** The unit tests take six minutes on two cores, twelve on slow ones; longer than this they hang. */
const UNIT_LIMIT_MS = 30 * 60_000;

/**
 * What `npm test` runs, in this order: the quick and telling ones first. A step gives its output to `echo` and returns its
 * counts. Those of one group run at the same time: they wait more than they compute, and each has its own folders and servers.
 */
export const STEPS = [
  { name: 'tidy', group: 'checks', title: "the repository's own rules", run: (echo) => tool('tools/tidy/tidy.mjs', echo) },
  { name: 'types', group: 'checks', title: 'type check of sources, tests and examples', run: (echo) => command('typescript', 'tsc', ['-p', 'tsconfig.check.json', '--pretty', 'false'], echo) },
  { name: 'lint', group: 'checks', title: 'oxlint', run: (echo) => command('oxlint', 'oxlint', ['--deny-warnings', '--quiet'], echo) },
  { name: 'unit', group: 'unit', title: 'unit, property and golden tests', run: unitTests },
  { name: 'docs', group: 'uses', title: 'code blocks of the documentation', run: (echo) => tool('tools/doctest/doctest.mjs', echo) },
  { name: 'examples', group: 'uses', title: 'the examples, through the command line', run: (echo) => tool('tools/examples/run.mjs', echo) },
  { name: 'package', group: 'uses', title: 'packed packages, used from an empty folder', run: (echo) => tool('tools/package-test/package-test.mjs', echo) },
];

async function tool(script, echo) {
  return withFile('counts.json', async (file) => {
    const { code } = await run(process.execPath, [script, '--counts', file], { echo });
    const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : counts(0, 1);
    return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
  });
}

async function command(packageName, bin, args, echo) {
  const { code } = await runBin(packageName, bin, args, { echo });
  return code === 0 ? counts(1) : counts(0, 1);
}

async function unitTests(echo) {
  return withFile('results.json', async (file) => {
    const { code } = await runBin('vitest', 'vitest', ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`], { echo, env: { NO_COLOR: '1' }, timeoutMs: UNIT_LIMIT_MS });
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

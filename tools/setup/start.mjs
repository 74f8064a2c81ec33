// npm start: sets up what is missing, runs the first example on its shipped orders, shows the windows it found.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { SetUpError, setUp } from './set-up.mjs';
import { closingSentence, finishedEvent, windowTable } from './windows.mjs';

const EXAMPLE = 'examples/01-order-statistics';

async function main() {
  await setUp((text) => console.log(text));
  const output = mkdtempSync(join(tmpdir(), 'millrace-start-'));
  try {
    console.log(`Running ${EXAMPLE}/job.ts on ${EXAMPLE}/orders.ndjson …\n`);
    const started = performance.now();
    const result = await run(process.execPath, [
      'packages/millrace/bin/millrace.js', 'run', `${EXAMPLE}/job.ts`, '--json',
      '--', '--input', `${EXAMPLE}/orders.ndjson`, '--output', join(output, 'statistics'),
    ], { cwd: REPOSITORY });
    if (result.code !== 0) {
      process.stderr.write(result.stdout + result.stderr);
      throw new SetUpError(`the order statistics job ended with exit code ${result.code}`);
    }
    const rows = committedRows(join(output, 'statistics'));
    console.log(windowTable(rows));
    console.log(`\n${closingSentence(finishedEvent(result.stdout), rows.length, (performance.now() - started) / 1000)}`);
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** The lines of the committed part files; files that are not committed start with a dot. */
function committedRows(folder) {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && name.endsWith('.ndjson'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)));
}

main().catch((error) => {
  console.error(`\nnpm start: ${error instanceof SetUpError ? error.message : error.stack}`);
  process.exitCode = 1;
});

// npm test: sets up what is missing, then runs every check and every test.
// Options: --only NAME[,NAME] runs some of the steps, --list names them, --keep-going does not stop at a failing one.
import { parseArgs } from 'node:util';
import { closingLine, counts, total } from '../lib/report.mjs';
import { runTogether } from './run-together.mjs';
import { SetUpError, setUp } from './set-up.mjs';
import { STEPS } from './steps.mjs';

async function main() {
  const options = readOptions();
  if (options.list) return STEPS.forEach((step) => console.log(`${step.name.padEnd(10)}${step.title}`));
  await setUp((text) => console.log(text));
  const results = [];
  for (const group of new Set(options.steps.map((step) => step.group))) {
    const steps = options.steps.filter((step) => step.group === group);
    results.push(...(await runTogether(steps)));
    if (process.exitCode === 1 && !options.keepGoing) break;
  }
  console.log(`\n${closingLine(total(results))}`);
}

function readOptions() {
  const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' }, 'keep-going': { type: 'boolean' } } });
  const names = values.only?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown !== undefined) throw new SetUpError(`there is no step "${unknown}"; the steps are ${STEPS.map((step) => step.name).join(', ')}`);
  return { list: values.list, keepGoing: values['keep-going'], steps: STEPS.filter((step) => names === undefined || names.includes(step.name)) };
}

main().catch((error) => {
  console.error(`\nnpm test: ${error instanceof SetUpError || error.code?.startsWith('ERR_PARSE_ARGS') ? error.message : error.stack}`);
  console.log(`\n${closingLine(counts(0, 1))}`);
  process.exitCode = 1;
});

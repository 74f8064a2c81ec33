// npm run rules: the numbered rules of docs/reference/semantics.md and how many tests each has.
import { openRepo } from '../lib/repo.mjs';
import { table } from '../lib/report.mjs';
import { ruleTable } from './rule-table.mjs';

const rules = ruleTable(openRepo());
console.log(table(['rule', 'tests', 'title'], rules.map(({ id, tests, later, title }) => [id, tests.length === 0 ? (later ? 'later' : 'none') : String(tests.length), title])));
const missing = rules.filter(({ tests, later }) => tests.length === 0 && !later);
console.log(missing.length === 0 ? `\nEvery rule has a test.` : `\n${missing.length} rules without a test: ${missing.map(({ id }) => id).join(' ')}`);
if (missing.length > 0) process.exitCode = 1;

// npm run tidy: checks the repository's own rules. `--only NAME` runs one of them.
import { finish } from '../lib/finish.mjs';
import { openRepo } from '../lib/repo.mjs';
import { counts } from '../lib/report.mjs';
import { CHECKS } from './checks.mjs';
import { formatViolation } from './violation.mjs';

const at = process.argv.indexOf('--only');
const chosen = at < 0 ? CHECKS : CHECKS.filter(({ name }) => name === process.argv[at + 1]);
if (chosen.length === 0) {
  console.error(`tidy: the checks are ${CHECKS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const repo = openRepo();
let failed = 0;
for (const check of chosen) {
  const violations = check.run(repo);
  for (const one of violations) console.log(formatViolation(one));
  if (violations.length > 0) failed += 1;
  console.log(`${violations.length === 0 ? 'ok  ' : 'FAIL'} ${check.name}${violations.length === 0 ? '' : `: ${violations.length}`}`);
}
finish(counts(chosen.length - failed, failed));

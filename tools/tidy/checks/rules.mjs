import { RULES_PAGE, ruleTable } from '../rule-table.mjs';
import { violation } from '../violation.mjs';

/** Every rule of the semantics has a test whose name starts with its number. */
export const rules = {
  name: 'rules',
  run(repo) {
    if (!repo.has(RULES_PAGE)) return [violation(RULES_PAGE, 0, 'rules', 'the page is missing', 'write it, one "### R07 Title" per rule')];
    const table = ruleTable(repo);
    const gaps = table.filter(({ number }, index) => number !== index + 1).slice(0, 1).map(({ id }) => violation(RULES_PAGE, 0, 'rules', `${id} is out of order`, 'number the rules without gaps'));
    return [...gaps, ...table.filter(({ tests, later }) => tests.length === 0 && !later).map(({ id, title }) => violation(RULES_PAGE, 0, 'rules', `${id} (${title}) has no test`, `write it('${id} …') where the rule is kept`))];
  },
};

import { isTest } from '../lib/repo.mjs';

/** The page that states the rules, one `### R07 Title` each. */
export const RULES_PAGE = 'docs/reference/semantics.md';

/** Rules of parts that do not exist yet; they get their tests with checkpoints and batch mode. */
const LATER = (number) => number >= 40 && number <= 46;

/** The rules with the tests named after them: `{ number, id, title, later, tests: [{ file, name }] }`. */
export function ruleTable(repo) {
  const tests = repo.files.filter((path) => isTest(path) && /^(packages|golden)\/.*\.ts$/.test(path)).flatMap((file) => ruleTests(repo, file));
  return [...repo.read(RULES_PAGE).matchAll(/^### R(\d\d) (.+)$/gm)].map(([, digits, title]) => {
    const number = Number(digits);
    return { number, id: `R${digits}`, title, later: LATER(number), tests: tests.filter(({ numbers }) => numbers.includes(number)) };
  });
}

/** Tests whose name starts with one or more rule numbers: `it('R09 …')`, `it('R09 R10 …')`, `describe('R36 …')`. */
function ruleTests(repo, file) {
  return [...repo.read(file).matchAll(/\b(?:it|test|describe)(?:\.each\([\s\S]{0,4000}?\))?\(\s*(['"`])(R\d\d\b(?:[\s,/+]+R\d\d\b)*)([^\n]*)/g)]
    .map(([, , ids, rest]) => ({ file, name: ids + rest.replace(/['"`],?.*$/, ''), numbers: [...ids.matchAll(/R(\d\d)/g)].map(([, digits]) => Number(digits)) }));
}

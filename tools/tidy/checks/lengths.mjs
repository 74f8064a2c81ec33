import { isTest } from '../../lib/repo.mjs';
import { visit } from '../../lib/source.mjs';
import { violation } from '../violation.mjs';

const RATCHET = 'tools/tidy/ratchet.json';

/**
 * Files and functions fit their limits. Old offenders stand in `ratchet.json` with the length they have; they may only
 * shrink, and an entry that is no longer needed must go. A test file may be longer, and so may the function of a test
 * suite, which is only its list of cases.
 */
export const lengths = {
  name: 'lengths',
  run(repo) {
    const ratchet = repo.json(RATCHET);
    const { file: fileLimit, testFile: testLimit, function: functionLimit } = ratchet.limits;
    const problems = [];
    const used = new Set();
    const judge = (key, file, line, what, length, limit) => {
      const old = ratchet.old[key];
      if (old !== undefined) used.add(key);
      if (old !== undefined && length <= limit) problems.push(violation(RATCHET, 0, 'lengths', `${key} is within the limit now`, 'take its line out of the ratchet'));
      else if (length > (old ?? limit)) problems.push(violation(file, line, 'lengths', `${what} has ${length} lines, the limit is ${old ?? limit}`, 'look for the second concept and give it its own place'));
    };
    for (const path of repo.files.filter((file) => /^(packages|tools|golden|benchmarks|examples)\/.*\.(ts|mjs)$/.test(file) && !file.endsWith('.d.ts'))) {
      const lines = repo.read(path).replace(/\n$/, '').split('\n').length;
      judge(path, path, 0, 'this file', lines, isTest(path) ? testLimit : fileLimit);
      if (!isTest(path)) for (const one of functions(repo.source(path))) judge(`${path}#${one.name}`, path, one.line, one.name, one.length, functionLimit);
    }
    for (const key of Object.keys(ratchet.old)) if (!used.has(key)) problems.push(violation(RATCHET, 0, 'lengths', `${key} does not exist`, 'take its line out of the ratchet'));
    return problems;
  },
};

/** Every function of a file with its name and length in lines. */
export function functions(source) {
  const found = [];
  visit(source.program, (node, parent) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) || !node.body) return;
    const line = source.lineOf(node.start);
    const name = node.id?.name ?? parent?.key?.name ?? parent?.id?.name ?? `function at line ${line}`;
    found.push({ name, line, length: source.lineOf(node.end) - line + 1 });
  });
  return found;
}

import { posix } from 'node:path';
import { isTest, shippedSources } from '../../lib/repo.mjs';
import { importsOf } from '../../lib/source.mjs';
import { violation } from '../violation.mjs';

const TABLE = 'tools/tidy/import-control.json';

/** Imports go downwards only, as `import-control.json` says; Node's modules only where it names the folder. */
export const layers = {
  name: 'layers',
  run(repo) {
    const control = repo.json(TABLE);
    return [...tableProblems(control), ...shippedSources(repo).flatMap((path) => fileProblems(repo, control, path))];
  },
};

function tableProblems({ folders }) {
  const problems = [];
  for (const [folder, { layer, sees }] of Object.entries(folders)) {
    for (const other of sees) {
      if (folders[other] === undefined) problems.push(violation(TABLE, 0, 'layers', `${folder} sees ${other}, which is no folder of the table`, 'add it or take the name out'));
      else if (folders[other].layer > layer) problems.push(violation(TABLE, 0, 'layers', `${folder} (layer ${layer}) sees ${other} (layer ${folders[other].layer}), which is above it`, 'turn the dependency round with a port'));
      else if (folders[other].sees.includes(folder)) problems.push(violation(TABLE, 0, 'layers', `${folder} and ${other} see each other`, 'one direction only'));
    }
  }
  return problems;
}

function fileProblems(repo, control, path) {
  const inCore = path.startsWith(`${control.source}/`);
  return importsOf(repo.source(path)).flatMap(({ specifier, line }) => {
    const problem = specifier.startsWith('.')
      ? relativeProblem(control, path, specifier, inCore)
      : inCore ? bareProblem(control, path, specifier) : packageProblem(control, specifier);
    return problem === undefined ? [] : [violation(path, line, 'layers', ...problem)];
  });
}

function relativeProblem(control, path, specifier, inCore) {
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.startsWith(`${path.split('/').slice(0, 3).join('/')}/`)) return ['this import leaves the package', "import the package's public name"];
  if (!inCore || isTest(target)) return undefined;
  const from = folderOf(control, path);
  const to = folderOf(control, target);
  if (control.folders[from] === undefined) return [`the folder ${from} is not in ${TABLE}`, 'give it a line there, with its layer and what it sees'];
  if (from === to || control.folders[from].sees.includes(to)) return undefined;
  return [`${from} must not see ${to} (${control.folders[from].why})`, `move the code, or declare a port in a folder that ${from} sees; the table is ${TABLE}`];
}

function bareProblem(control, path, specifier) {
  const folder = folderOf(control, path);
  if (specifier.startsWith('node:')) {
    return control.nodeModules.includes(folder) ? undefined : [`${specifier} outside ${control.nodeModules.join(', ')}`, 'go through the Platform port (base/platform.ts)'];
  }
  return control.packagesAllowed.includes(specifier) ? undefined : [`the engine depends on ${specifier}`, 'write the few lines yourself, or make it a package of its own'];
}

function packageProblem(control, specifier) {
  if (!specifier.startsWith('@millrace/core') || control.publicEntries.includes(specifier)) return undefined;
  return [`${specifier} is not a public entry of the engine`, `import one of ${control.publicEntries.join(', ')}`];
}

/** The first folder under `src`, or `.` for a file that lies in `src` itself. */
function folderOf(control, path) {
  const rest = path.slice(control.source.length + 1);
  return rest.includes('/') ? rest.slice(0, rest.indexOf('/')) : '.';
}

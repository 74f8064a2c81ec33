import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';
import { runBin } from '../lib/run.mjs';

/** Where the modules of the documentation are written; inside the checkout, so that `millrace` resolves as for a user. */
export const WORKSPACE = join(REPOSITORY, '.cache', 'doctest');

const CONFIG = {
  extends: '../../tsconfig.base.json',
  compilerOptions: {
    noEmit: true, composite: false, incremental: false, declaration: false, declarationMap: false, sourceMap: false,
    isolatedDeclarations: false, erasableSyntaxOnly: true, moduleDetection: 'force', types: ['node'], skipLibCheck: true, rootDir: '.',
  },
  include: ['pages/**/*.ts'],
};

/** Writes every module to a file of its own and returns them with that path, relative to the workspace. */
export function writeModules(modules) {
  rmSync(WORKSPACE, { recursive: true, force: true });
  mkdirSync(WORKSPACE, { recursive: true });
  writeFileSync(join(WORKSPACE, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(WORKSPACE, 'tsconfig.json'), `${JSON.stringify(CONFIG, null, 2)}\n`);
  return modules.map((module) => {
    const path = `pages/${module.file.replace(/\.(md|ts)$/, '')}/${module.name}.ts`;
    mkdirSync(dirname(join(WORKSPACE, path)), { recursive: true });
    writeFileSync(join(WORKSPACE, path), `${module.code}\n`);
    return { ...module, path };
  });
}

/** Type-checks all modules in one run; complaints come back as `{ path, line, text }`. */
export async function compile() {
  const { code, stdout, stderr } = await runBin('typescript', 'tsc', ['-p', WORKSPACE, '--pretty', 'false'], { cwd: WORKSPACE });
  const complaints = [];
  for (const line of stdout.split('\n')) {
    const match = /^(pages\/.+?\.ts)\((\d+),\d+\): (.*)$/.exec(line);
    if (match !== null) complaints.push({ path: match[1], line: Number(match[2]), text: match[3] });
    else if (line.trim() !== '' && complaints.length > 0) complaints.at(-1).text += `\n    ${line.trim()}`;
  }
  if (code !== 0 && complaints.length === 0) throw new Error(`tsc failed without naming a page:\n${stdout}${stderr}`);
  return complaints;
}

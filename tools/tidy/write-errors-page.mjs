// Writes docs/reference/errors.md from the declared errors.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openRepo } from '../lib/repo.mjs';
import { ERRORS_PAGE, errorDeclarations } from './error-declarations.mjs';
import { errorsPage } from './errors-page.mjs';

const repo = openRepo();
const declarations = errorDeclarations(repo);
const file = join(repo.root, ERRORS_PAGE);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, errorsPage(declarations));
console.log(`${ERRORS_PAGE}: ${declarations.length} errors`);

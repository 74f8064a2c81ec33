// Writes docs/reference/options.md from the option table.
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';
import { OPTIONS_PAGE, optionsPage } from './options-page.mjs';

const { outputFiles } = await build({ entryPoints: [join(REPOSITORY, 'packages/core/src/base/options.ts')], bundle: true, format: 'esm', write: false, target: 'node20' });
const table = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
writeFileSync(join(REPOSITORY, OPTIONS_PAGE), optionsPage(table));
console.log(`${OPTIONS_PAGE}: ${table.OPTION_NAMES.length} options`);

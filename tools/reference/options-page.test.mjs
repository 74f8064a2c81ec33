import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as table from '../../packages/core/src/base/options.ts';
import { REPOSITORY } from '../lib/paths.mjs';
import { OPTIONS_PAGE, optionsPage } from './options-page.mjs';

it('documents the options there are: run node tools/reference/write-options-page.mjs when this fails', () => {
  expect(readFileSync(join(REPOSITORY, OPTIONS_PAGE), 'utf8')).toBe(optionsPage(table));
});

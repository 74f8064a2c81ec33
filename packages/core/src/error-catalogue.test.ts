import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE } from './error-catalogue.js';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));

/** The codes declared in the source tree, the test kit's left out. */
function declaredCodes(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test[.-]/.test(file) && !file.startsWith('testing/'));
  return files.flatMap((file) => [...readFileSync(`${SOURCES}${file}`, 'utf8').matchAll(/defineError\(\{\s*code: '(MR-\d{4})'/g)].map((match) => match[1] as string)).sort();
}

describe('ERROR_CATALOGUE', () => {
  it('has every error that the sources declare, by code', () => {
    const declared = declaredCodes();
    expect(declared.length).toBeGreaterThan(50);
    expect(ERROR_CATALOGUE.map((error) => error.code)).toEqual(declared);
  });

  it('gives no code twice, and a title, an explanation and a remedy to each', () => {
    expect(new Set(ERROR_CATALOGUE.map((error) => error.code)).size).toBe(ERROR_CATALOGUE.length);
    for (const { title, explanation, remedy } of ERROR_CATALOGUE) {
      for (const text of [title, explanation, remedy]) expect(text.trim()).not.toBe('');
    }
  });
});

import { describe, expect, it } from 'vitest';
import { errorDeclarations } from '../error-declarations.mjs';
import { errorsPage } from '../errors-page.mjs';
import { fakeRepo } from '../fake-repo.mjs';
import { architecture } from './architecture.mjs';
import { errors } from './errors.mjs';
import { rules } from './rules.mjs';

const declaration = (name, code) => `export const ${name} = defineError({ code: '${code}', title: 'T', explanation: 'a' + 'b', remedy: \`r\` });\n`;
const withPage = (files) => fakeRepo({ ...files, 'docs/reference/errors.md': errorsPage(errorDeclarations(fakeRepo(files))) });
const why = (violations) => violations.map((one) => one.why);

describe('errors', () => {
  const file = 'packages/core/src/base/errors.ts';
  const good = { [file]: declaration('Bad', 'MR-1001'), 'packages/core/src/base/a.ts': 'throw Bad.error({});', 'packages/core/src/base/a.test.ts': "it('says MR-1001')" };

  it('is content with an error that is declared, thrown, tested and documented', () => {
    expect(errors.run(withPage(good))).toEqual([]);
  });

  it('reports a page that differs', () => {
    expect(why(errors.run(fakeRepo({ ...good, 'docs/reference/errors.md': 'old' })))).toEqual(['the page differs from the declared errors']);
  });

  it('reports an error that nothing throws or no test reaches', () => {
    expect(why(errors.run(withPage({ ...good, 'packages/core/src/base/a.ts': '' })))).toEqual(['nothing throws Bad']);
    expect(why(errors.run(withPage({ ...good, 'packages/core/src/base/a.test.ts': '' })))).toEqual(['no test reaches Bad (MR-1001)']);
  });

  it('reports codes that are taken, out of range or malformed', () => {
    const used = (more) => ({ ...good, [file]: good[file] + more, 'packages/core/src/base/a.ts': 'throw Bad.error({}); throw Other.error({});', 'packages/core/src/base/a.test.ts': 'Bad Other' });
    expect(why(errors.run(withPage(used(declaration('Other', 'MR-1001')))))).toEqual([`MR-1001 is also Bad in ${file}`]);
    expect(why(errors.run(withPage(used(declaration('Other', 'MR-2001')))))[0]).toContain('outside 1000–1099');
    expect(why(errors.run(withPage(used(declaration('Other', 'MR-1')))))[0]).toContain('not of the form');
  });

  it('gives the port of the platform its own range', () => {
    const port = 'packages/core/src/base/platform-errors.ts';
    expect(errors.run(withPage({ [port]: declaration('Gone', 'MR-2801'), 'packages/core/src/platform/node/a.ts': 'throw Gone.error({})', 'packages/core/src/platform/node/a.test.ts': 'Gone' }))).toEqual([]);
  });
});

describe('rules', () => {
  const page = '### R01 First\ntext\n### R02 Second\n';
  it('wants a test named after every rule', () => {
    const tests = "it('R01 works', () => {}); it('not R02', () => {});";
    expect(why(rules.run(fakeRepo({ 'docs/reference/semantics.md': page, 'packages/core/src/a.test.ts': tests })))).toEqual(['R02 (Second) has no test']);
  });

  it('knows several numbers in one name, and tables of cases', () => {
    const tests = "it.each([1, 2])('R02 case %s', () => {});\ndescribe(`R01, R02 together`, () => {});";
    expect(rules.run(fakeRepo({ 'docs/reference/semantics.md': page, 'golden/a.test.ts': tests }))).toEqual([]);
  });

  it('wants the rules in order', () => {
    expect(why(rules.run(fakeRepo({ 'docs/reference/semantics.md': '### R02 Second\n', 'golden/a.test.ts': "it('R02')" })))).toEqual(['R02 is out of order']);
  });
});

describe('architecture', () => {
  const way = (last) => Array.from({ length: 8 }, (_, i) => `${i + 1}. \`task/${i === 7 ? last : 'a'}.ts\`: step`).join('\n');
  const pageOf = (last) => `# A\n## Code map\n\n| folder | what |\n|---|---|\n| \`task\` | x |\n\n## A record's way\n\n${way(last)}\n`;
  const source = { 'packages/core/src/task/a.ts': '' };

  it('is content with files and folders that exist', () => {
    expect(architecture.run(fakeRepo({ ...source, 'ARCHITECTURE.md': pageOf('a') }))).toEqual([]);
  });

  it('reports a file that is gone and a folder that is not on the map', () => {
    const repo = fakeRepo({ ...source, 'packages/core/src/new/b.ts': '', 'ARCHITECTURE.md': pageOf('gone') });
    expect(why(architecture.run(repo))).toEqual(['task/gone.ts does not exist', 'the code map lacks packages/core/src/new']);
  });

  it('stays short', () => {
    expect(why(architecture.run(fakeRepo({ ...source, 'ARCHITECTURE.md': pageOf('a') + '\n'.repeat(300) })))[0]).toContain('the limit is 300');
  });
});

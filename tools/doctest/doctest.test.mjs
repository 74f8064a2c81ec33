import { describe, expect, it } from 'vitest';
import { fakeRepo } from '../tidy/fake-repo.mjs';
import { fencedBlocks, modulesOf, scriptsOf } from './blocks.mjs';
import { commentModules } from './comments.mjs';

const fence = '```';
const page = (...blocks) => blocks.map(([head, code]) => `${fence}${head}\n${code}\n${fence}`).join('\n');
const modules = (...blocks) => modulesOf('a.md', fencedBlocks(page(...blocks)));

describe('blocks of a page', () => {
  it('finds fences with their language, words and line', () => {
    const text = `text\n\n- item\n  ${fence}ts no-run x\n  a\n    b\n  ${fence}\n${fence}${fence[0]}md\n${fence}\ninner\n${fence}\n${fence}${fence[0]}`;
    expect(fencedBlocks(text)).toEqual([
      { language: 'ts', words: 'no-run x', code: 'a\n  b', line: 5 },
      { language: 'md', words: '', code: `${fence}\ninner\n${fence}`, line: 9 },
    ]);
  });

  it('keeps the line numbers of the page in a module, across continued blocks', () => {
    const [module, ...others] = modules(['ts', 'one'], ['ts continue', 'two']);
    expect(others).toEqual([]);
    expect(module.code.split('\n').indexOf('one')).toBe(1);
    expect(module.code.split('\n').indexOf('two')).toBe(4);
  });

  it('takes names and reasons from the words', () => {
    expect(modules(['ts file=job.ts', 'a'], ['ts no-run: needs a broker', 'b'], ['js', 'c']).map(({ name, noRun }) => [name, noRun])).toEqual([['job', undefined], ['line-5', 'needs a broker']]);
  });

  it('refuses unknown words and a missing reason', () => {
    expect(() => modules(['ts ignore', 'a'])).toThrow('a.md:1: "ignore"');
    expect(() => modules(['ts no-run', 'a'])).toThrow('needs a reason');
  });

  it('runs only the shell blocks that ask for it', () => {
    expect(scriptsOf('a.md', fencedBlocks(page(['sh run', 'ls'], ['sh', 'rm x']))).map(({ code }) => code)).toEqual(['ls']);
  });
});

describe('examples in doc comments', () => {
  const source = `/**\n * Maps.\n *\n * ${fence}ts\n * map(1);\n * ${fence}\n */\nexport function map(x: number): number { return x; }\n\n/**\n * ${fence}ts\n * hidden();\n * ${fence}\n */\nexport function hidden(): void {}\n`;
  const repo = fakeRepo({ 'packages/core/src/index.ts': "export * from './a.js';", 'packages/core/src/a.ts': source, 'packages/core/src/b.ts': source.replaceAll('map(', 'other(') });

  it('are taken from public names, with the import they leave out', () => {
    const found = commentModules(repo).filter(({ file }) => file.endsWith('/a.ts'));
    expect(found.map(({ code }) => code.split('\n')[0])).toEqual(["import { map } from 'millrace';", "import { hidden } from 'millrace';"]);
    expect(found[0].code.split('\n')[4]).toBe('map(1);');
    expect(commentModules(repo).filter(({ file }) => file.endsWith('/b.ts')).map(({ code }) => code.trim().split('\n').at(-1))).toEqual(['hidden();']);
  });
});

import { describe, expect, it } from 'vitest';
import { openRepo } from '../../lib/repo.mjs';
import { fakeRepo } from '../fake-repo.mjs';
import { bannedWords } from './banned-words.mjs';
import { decisions } from './decisions.mjs';
import { examples } from './examples.mjs';
import { exportedDocs } from './exported-docs.mjs';
import { lengths } from './lengths.mjs';
import { links } from './links.mjs';

const WORDS = 'tools/tidy/banned-words.json';
const words = openRepo().json(WORDS);
const found = (files) => bannedWords.run(fakeRepo({ [WORDS]: words, ...files })).map(({ file, line, rule }) => `${file}:${line} ${rule}`);

describe('banned words', () => {
  it('finds them in code and not in comments or strings', () => {
    const text = "// Date.now() is banned\nconst text = 'Math.random()';\nconst now = Date.now();\nconst other = `${Math.random()} setTimeout`;\n";
    expect(found({ 'packages/core/src/base/a.ts': text })).toEqual(['packages/core/src/base/a.ts:3 no global clock, timer or random', 'packages/core/src/base/a.ts:4 no global clock, timer or random']);
  });

  it('knows a date of now from a date of something', () => {
    expect(found({ 'packages/core/src/base/a.ts': 'export const d = new Date(5);\n' })).toEqual([]);
    expect(found({ 'packages/core/src/base/a.ts': 'export const d = new Date();\n' })).toHaveLength(1);
  });

  it('leaves the platform and the tests alone', () => {
    expect(found({ 'packages/core/src/platform/node/clock.ts': 'Date.now();', 'packages/core/src/base/a.test.ts': 'Date.now();' })).toEqual([]);
  });

  it('keeps promises off the record path, exceptions aside', () => {
    const text = 'export async function f(): Promise<void> { await 1; }';
    expect(found({ 'packages/core/src/operators/map.ts': text }).length).toBe(3);
    expect(found({ 'packages/core/src/operators/async-map.ts': text, 'packages/core/src/runtime/a.ts': text })).toEqual([]);
  });

  it('lets opening and closing wait, whatever the file', () => {
    expect(found({ 'packages/core/src/task/chain.ts': 'class C { async open(): Promise<void> {\n await this.operator.close?.();\n } }' })).toEqual([]);
  });

  it('does not take a field or a method of the same name for the global', () => {
    expect(found({ 'packages/core/src/task/a.ts': 'this.process(element); operator.process.call(x); const async = 1;' })).toEqual([]);
  });

  it('finds bare errors, code from strings and what is left over', () => {
    expect(found({ 'packages/core/src/base/a.ts': "throw new Error('x');" })).toHaveLength(1);
    expect(found({ 'packages/core/src/base/a.ts': "new Function('a', 'b'); eval('1');" })).toHaveLength(2);
    expect(found({ 'docs/a.md': `to do: ${'TO'}${'DO'} later` })).toHaveLength(1);
  });

  it('finds paths of one machine everywhere, and not inside longer paths', () => {
    expect(found({ 'docs/a.md': `see /${'root'}/x and /data/${'work'}/y` })).toEqual(['docs/a.md:1 no names of one machine']);
  });
});

describe('lengths', () => {
  const RATCHET = 'tools/tidy/ratchet.json';
  const limits = { file: 4, testFile: 6, function: 2 };
  const run = (files, old = {}) => lengths.run(fakeRepo({ [RATCHET]: { limits, old }, ...files })).map(({ why }) => why);
  const long = 'export function f() {\n  return 1;\n}\n';

  it('finds long files and functions', () => {
    expect(run({ 'packages/a/src/a.ts': '1;\n2;\n3;\n4;\n5;\n' })).toEqual(['this file has 5 lines, the limit is 4']);
    expect(run({ 'packages/a/src/a.ts': long })).toEqual(['f has 3 lines, the limit is 2']);
    expect(run({ 'packages/a/src/a.test.ts': `${long}4;\n5;\n` })).toEqual([]);
  });

  it('lets an old offender shrink and never grow', () => {
    expect(run({ 'packages/a/src/a.ts': long }, { 'packages/a/src/a.ts#f': 3 })).toEqual([]);
    expect(run({ 'packages/a/src/a.ts': long.replace('return', '\n return') }, { 'packages/a/src/a.ts#f': 3 })).toEqual(['f has 4 lines, the limit is 3']);
    expect(run({ 'packages/a/src/a.ts': 'f();' }, { 'packages/a/src/a.ts': 9, 'gone.ts': 9 })).toEqual(['packages/a/src/a.ts is within the limit now', 'gone.ts does not exist']);
  });
});

describe('exported names', () => {
  const run = (text) => exportedDocs.run(fakeRepo({ 'packages/a/src/a.ts': text })).map(({ why }) => why);

  it('wants a comment right before the name', () => {
    expect(run('/** Says what it is. */\nexport const a = 1;')).toEqual([]);
    expect(run('/** Of something else. */\nconst b = 1;\nexport const a = 1;')).toEqual(['a has no doc comment']);
    expect(run('// no doc comment\nexport interface A {}')).toEqual(['A has no doc comment']);
    expect(run('/** */\nexport class A {}')).toEqual(['A has no doc comment']);
  });

  it('lets overloads share a comment and a declared error explain itself', () => {
    expect(run('/** Doubles. */\nexport function f(a: string): void;\nexport function f(a: number): void;\nexport function f(): void {}')).toEqual([]);
    expect(run("export const Bad = defineError({ code: 'MR-1001' });")).toEqual([]);
  });
});

describe('documents', () => {
  it('links lead somewhere', () => {
    const repo = fakeRepo({ 'docs/a.md': '[b](b.md) [c](sub/c.md#part) [x](https://x.org) [self](#here)\n```ts\nf[0](x)\n```\n`[n](no.md)`', 'docs/b.md': '' });
    expect(links.run(repo).map(({ why }) => why)).toEqual(['sub/c.md does not exist', 'docs/a.md has no heading for #here']);
  });

  it('links lead to headings that exist, as GitHub names them', () => {
    const b = '# Why `a` waits, or not?\n## Same\n## Same\n```sh\n# no heading\n```\n<a id="own"></a>';
    const page = (...anchors) => fakeRepo({ 'docs/a.md': anchors.map((anchor) => `[x](b.md#${anchor})`).join('\n'), 'docs/b.md': b, 'docs/c.ts': '' });
    expect(links.run(page('why-a-waits-or-not', 'same', 'same-1', 'own'))).toEqual([]);
    expect(links.run(page('same-2', 'no-heading')).map(({ line, why }) => `${line} ${why}`)).toEqual(['1 docs/b.md has no heading for #same-2', '2 docs/b.md has no heading for #no-heading']);
  });

  it('decisions have a number each', () => {
    const repo = fakeRepo({ 'docs/decisions/0001-a.md': '# 0001 A', 'docs/decisions/0001-b.md': '# 0001 B', 'docs/decisions/x.md': '# X', 'docs/decisions/0002-c.md': '# C' });
    expect(decisions.run(repo).map(({ file }) => file)).toEqual(['docs/decisions/0001-b.md', 'docs/decisions/0002-c.md', 'docs/decisions/x.md']);
  });

  it('examples are complete', () => {
    const repo = fakeRepo({ 'examples/01-a/job.ts': '', 'examples/01-a/README.md': '', 'examples/01-a/example.json': { runs: [{ expect: { out: 'expected.ndjson' } }] }, 'examples/02-b/job.ts': '' });
    expect(examples.run(repo).map(({ file }) => file)).toEqual(['examples/01-a/expected.ndjson', 'examples/02-b/README.md', 'examples/02-b/example.json']);
  });
});

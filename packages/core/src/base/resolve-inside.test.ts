import { symlinkSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { nodeFiles as files } from '../platform/node/files.js';
import { PathOutside } from './base-errors.js';
import { baseName, directoryOf, fileUrlOfPath, joinPath, normalizePath, pathOfFileUrl, resolvePath } from './paths.js';
import { resolveInside } from './resolve-inside.js';

const root = files.makeTemporaryDirectory('millrace-inside-');
afterAll(() => files.removeTree(root));

it('a path stays inside its root, also through symbolic links', () => {
  files.makeDirectory(`${root}/in/a`);
  files.makeDirectory(`${root}/out`);
  symlinkSync(`${root}/out`, `${root}/in/leads-out`);
  symlinkSync(`${root}/in/a`, `${root}/in/leads-in`);
  symlinkSync(`${root}/out/not-there`, `${root}/in/dangling`);
  symlinkSync(`${root}/in`, `${root}/alias`);
  expect(resolveInside(files, `${root}/alias`, 'a/b/c.txt')).toBe(`${root}/in/a/b/c.txt`);
  expect(resolveInside(files, `${root}/in`, 'x/../leads-in/new')).toBe(`${root}/in/a/new`);
  expect(resolveInside(files, `${root}/in`, '.')).toBe(`${root}/in`);
  for (const path of ['..', '../out/x', 'a/../../out', '/etc/passwd', 'leads-out', 'leads-out/x/y', 'dangling', 'dangling/x', 'a\0b']) {
    expect(() => resolveInside(files, `${root}/in`, path), path).toThrow(expect.toSatisfy(PathOutside.is));
  }
});

it('paths are joined and taken apart as text', () => {
  expect(['/a//b/./../c/', '../x/..', '', '/..', 'a/../..'].map(normalizePath)).toEqual(['/a/c', '..', '.', '/', '..']);
  expect([joinPath('/a', 'b', '../c'), resolvePath('/a', 'b'), resolvePath('/a', '/b')]).toEqual(['/a/c', '/a/b', '/b']);
  expect([directoryOf('/a/b'), directoryOf('/a'), directoryOf('a'), baseName('/a/b/'), baseName('a')]).toEqual(['/a', '/', '.', 'b', 'a']);
  expect(pathOfFileUrl(fileUrlOfPath('/a b/ü#?%.ts'))).toBe('/a b/ü#?%.ts');
});

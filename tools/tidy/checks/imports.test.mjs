import { describe, expect, it } from 'vitest';
import { openRepo } from '../../lib/repo.mjs';
import { fakeRepo } from '../fake-repo.mjs';
import { barrels } from './barrels.mjs';
import { cycles, stronglyConnected } from './cycles.mjs';
import { layers } from './layers.mjs';

const TABLE = 'tools/tidy/import-control.json';
const control = openRepo().json(TABLE);
const core = (files) => fakeRepo({ [TABLE]: control, ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`packages/core/src/${path}`, text])) });
const lines = (violations) => violations.map(({ file, line }) => `${file.replace('packages/core/src/', '')}:${line}`);

describe('layers', () => {
  it('has a table that is free of cycles and points downwards', () => {
    expect(layers.run(core({}))).toEqual([]);
    const bad = structuredClone(control);
    bad.folders.base.sees = ['record'];
    expect(layers.run(fakeRepo({ [TABLE]: bad })).length).toBeGreaterThan(0);
  });

  it('lets a file see its own folder and those below', () => {
    expect(layers.run(core({ 'operators/map.ts': "import { a } from '../base/a.js';\nimport type { B } from './b.js';" }))).toEqual([]);
  });

  it('sees every kind of import that goes up, types included', () => {
    const repo = core({
      'base/a.ts': "import { x } from '../record/x.js';\nimport type { Y } from '../task/y.js';\nexport { z } from '../api/z.js';\nexport type T = import('../operators/t.js').T;\nconst late = () => import('../runtime/r.js');",
    });
    expect(lines(layers.run(repo))).toEqual(['base/a.ts:1', 'base/a.ts:2', 'base/a.ts:3', 'base/a.ts:4', 'base/a.ts:5']);
  });

  it('keeps node:* in platform and other packages out of the engine', () => {
    const repo = core({ 'platform/node/files.ts': "import fs from 'node:fs';", 'task/a.ts': "import fs from 'node:fs';\nimport x from 'lodash';\nimport type { S } from '@standard-schema/spec';" });
    expect(lines(layers.run(repo))).toEqual(['task/a.ts:1', 'task/a.ts:2']);
  });

  it('keeps the test kit out of everything but tests', () => {
    const repo = core({ 'api/a.ts': "import { h } from '../testing/harness.js';", 'api/a.test.ts': "import { h } from '../testing/harness.js';" });
    expect(lines(layers.run(repo))).toEqual(['api/a.ts:1']);
  });

  it('asks for a line when a folder is new', () => {
    expect(layers.run(core({ 'new/a.ts': "import { b } from '../base/b.js';" }))[0].why).toContain('not in');
  });

  it('keeps other packages on the public entries', () => {
    const repo = fakeRepo({ [TABLE]: control, 'packages/millrace/src/a.ts': "import '@millrace/core/dist/x.js';\nimport '@millrace/core/spi';\nimport '../../core/src/index.js';" });
    expect(layers.run(repo).map(({ line }) => line)).toEqual([1, 3]);
  });
});

describe('cycles', () => {
  it('finds groups that reach each other', () => {
    const graph = new Map([['a', ['b']], ['b', ['c']], ['c', ['a', 'd']], ['d', ['d2']], ['d2', []]]);
    expect(stronglyConnected(graph).filter((group) => group.length > 1)).toEqual([['a', 'b', 'c']]);
  });

  it('reports the shortest way round, types included', () => {
    const repo = core({ 'base/a.ts': "import type { B } from './b.js';", 'base/b.ts': "import { A } from './a.js';\nimport './c.js';", 'base/c.ts': "import './a.js';" });
    const [found, ...others] = cycles.run(repo);
    expect(others).toEqual([]);
    expect(found.why).toBe('core/src/base/a.ts → core/src/base/b.ts → core/src/base/a.ts import each other');
  });
});

describe('barrels', () => {
  it('allows them at the public entries only', () => {
    const text = "export { a } from './a.js';";
    const repo = core({ 'index.ts': text, 'testing/index.ts': text, 'base/index.ts': text, 'base/all.ts': text });
    expect(lines(barrels.run(repo))).toEqual(['base/all.ts:1', 'base/index.ts:0']);
  });
});

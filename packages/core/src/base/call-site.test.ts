import { expect, it } from 'vitest';
import { callSite, isOwnFile } from './call-site.js';
import { pathOfFileUrl } from './paths.js';

it('finds the first frame outside Millrace', () => {
  const stack = [
    'Error', '    at keyBy (/app/node_modules/@millrace/core/dist/api/stream.js:10:5)', '    at new X (file:///app/node_modules/millrace/dist/index.js:1:2)', '    at node:internal/x:1:1',
    '    at Array.map (<anonymous>)', '    at async Object.build [as run] (file:///app/my%20jobs/job%20(1).ts:12:34)', '    at main (/app/main.ts:1:1)',
  ].join('\n');
  expect(callSite(stack)).toBe('/app/my jobs/job (1).ts:12:34');
  expect(callSite('Error\n    at /app/job.ts:3:4')).toBe('/app/job.ts:3:4');
  expect(callSite('Error: at nothing\n    at eval (eval at x)')).toBeUndefined();
  expect(callSite('Error\n    at x (file:///%E0%A4%A:1:1)')).toBeUndefined();
  expect(callSite(undefined)).toBeUndefined();
});

it('counts sources, builds and sister packages of a checkout as its own, tests and users as not', () => {
  const here = pathOfFileUrl(new URL('./', import.meta.url).href);
  const core = pathOfFileUrl(new URL('../../', import.meta.url).href);
  expect([`${here}bytes.ts`, `${core}dist/index.js`, `${core}../millrace/src/cli/run.ts`.replace('core/../', '')].map(isOwnFile)).toEqual([true, true, true]);
  expect([`${here}bytes.test.ts`, '/home/me/packages/core/src/job.ts', '/app/millrace/job.ts', `${core}../../examples/01/job.ts`].map(isOwnFile)).toEqual([false, false, false, false]);
  expect(callSite(new Error().stack)).toMatch(/call-site\.test\.ts:\d+:\d+$/);
});

import { defineError, type ErrorKind } from '@millrace/core/command';
import { expect, it } from 'vitest';
import { errorText, toMessage } from './error-text.js';

const Outer: ErrorKind = defineError({ code: 'MR-3098', title: 'Outer', explanation: 'For this test.', remedy: 'None.' });
const Inner: ErrorKind = defineError({ code: 'MR-3099', title: 'Inner', explanation: 'For this test.', remedy: 'None.' });

it('shows the place of the user\'s own error below any number of codes, and no frame of the engine', () => {
  const theirs = Object.assign(new Error('no price'), { stack: 'Error: no price\n    at price (/home/ann/job.ts:10:38)\n    at step (/x/packages/core/dist/task/subtask.js:1:1)' });
  const text = errorText(toMessage(Outer.error({ what: 'three times', cause: Inner.error({ what: 'price threw', cause: theirs }) }), false));
  expect(text).toMatch(/MR-3098 .*three times[^]*underneath:[^]*MR-3099 .*price threw[^]*underneath:[^]*Error: no price\n\s+at price \(\/home\/ann\/job\.ts:10:38\)$/);
  expect(text).not.toContain('subtask.js');
});

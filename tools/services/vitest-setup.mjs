import { beginRun } from './for-tests.mjs';

/** Called by vitest before and after all test files: servers that tests start end with the run. */
export default function setup() {
  return beginRun();
}

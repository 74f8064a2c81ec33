/** The parts of the start benchmark: what a user waits for, and what a job that waits for input takes. */
export const startParts = Object.freeze({
  'first-result': new URL('../pipeline/first-result.mjs', import.meta.url),
  'idle-memory': new URL('./idle-memory.mjs', import.meta.url),
});

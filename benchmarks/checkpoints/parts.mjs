/** The parts of the checkpoints benchmark, by name, in the order in which they run. */
export const checkpointParts = Object.freeze({
  throughput: new URL('./throughput.mjs', import.meta.url),
  pause: new URL('./pause.mjs', import.meta.url),
  'slow-sink': new URL('./slow-sink.mjs', import.meta.url),
  incremental: new URL('./incremental.mjs', import.meta.url),
});

/** The parts of the pipeline benchmark, by name, in the order in which they run. */
export const pipelineParts = Object.freeze({
  fresh: new URL('./fresh.mjs', import.meta.url),
  polluted: new URL('./polluted.mjs', import.meta.url),
  orders: new URL('./orders.mjs', import.meta.url),
  sliding: new URL('./sliding.mjs', import.meta.url),
  keys: new URL('./keys.mjs', import.meta.url),
  'first-result': new URL('./first-result.mjs', import.meta.url),
  releases: new URL('./releases.mjs', import.meta.url),
});

/** The parts of the micro benchmark, by name, in the order in which they run. */
export const microParts = Object.freeze({
  codec: new URL('./codec.mjs', import.meta.url),
  exchange: new URL('./exchange.mjs', import.meta.url),
  timers: new URL('./timers.mjs', import.meta.url),
  state: new URL('./state.mjs', import.meta.url),
  windows: new URL('./windows.mjs', import.meta.url),
  watermarks: new URL('./watermarks.mjs', import.meta.url),
  snapshot: new URL('./snapshots.mjs', import.meta.url),
  restore: new URL('./restore.mjs', import.meta.url),
});

/** The parts of the formats benchmark, by name, in the order in which they run. */
export const formatParts = Object.freeze({ avro: new URL('./avro.mjs', import.meta.url) });

// The engine under measurement: the built package, or a bundle that MILLRACE_BENCH_ENGINE names (to compare two states of the sources).
const bundle = process.env['MILLRACE_BENCH_ENGINE'];

export const engine = bundle === undefined ? await import('millrace') : await import(bundle);

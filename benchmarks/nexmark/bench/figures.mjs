import { median, spread } from '../../lib/statistics.mjs';

/** The figures of a query from the times of its slices: millions of events per second of processor time, and ratios. */
export function figuresOf({ query, generator, hand, engine, memoryMb }, events) {
  const perSecond = (times) => ({
    best: events / 1e6 / Math.min(...times.map(({ cpu }) => cpu)),
    median: events / 1e6 / median(times.map(({ cpu }) => cpu)),
    wall: events / 1e6 / median(times.map(({ wall }) => wall)),
  });
  // Ratios are taken between neighbouring slices, which the machine treated alike.
  const gross = engine.map(({ cpu }, slice) => hand[slice].cpu / cpu);
  return {
    query,
    events,
    generator: perSecond(generator),
    hand: perSecond(hand),
    engine: perSecond(engine),
    gross: median(gross),
    grossSpread: spread(gross),
    net: netRatio(generator, hand, engine),
    handNs: nanoseconds(hand, events),
    engineNs: nanoseconds(engine, events),
    generatorNs: nanoseconds(generator, events),
    memoryMb: Math.round(memoryMb),
  };
}

/**
 * What the loop needs beyond the generator, by what the engine needs beyond it. Of medians: the difference of two slices is too
 * small against their noise. Undefined where the loop costs so little that the noise decides.
 */
function netRatio(generator, hand, engine) {
  const alone = median(generator.map(({ cpu }) => cpu));
  const byHand = median(hand.map(({ cpu }) => cpu)) - alone;
  const byEngine = median(engine.map(({ cpu }) => cpu)) - alone;
  return byHand < alone * 0.03 ? undefined : byHand / byEngine;
}

function nanoseconds(times, events) {
  return (median(times.map(({ cpu }) => cpu)) / events) * 1e9;
}

/** The geometric mean of those numbers that are there. */
export function geometricMean(values) {
  const known = values.filter((value) => value !== undefined && value > 0);
  return Math.exp(known.reduce((sum, value) => sum + Math.log(value), 0) / known.length);
}

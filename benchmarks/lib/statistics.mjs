/** The median of some numbers. */
export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How far the middle half of the numbers spreads, as a part of the median. */
export function spread(values) {
  const sorted = [...values].sort((left, right) => left - right);
  return (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median(values);
}

/** A quantile of sorted numbers, by the nearest rank. */
export function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

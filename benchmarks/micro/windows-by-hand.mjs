/** Counts and sums of ascending readings by key, window kind by window kind, as one would write each by hand. */

export function tumblingByHand(readings, sizeMs, take) {
  let end = -Infinity;
  let totals = new Map();
  const fire = () => {
    for (const [key, { count, sum }] of totals) take({ key, end, count, sum });
    totals = new Map();
  };
  for (let i = 0; i < readings.length; i++) {
    const reading = readings[i];
    if (reading.at >= end) {
      fire();
      end = Math.floor(reading.at / sizeMs) * sizeMs + sizeMs;
    }
    add(totals, reading);
  }
  fire();
}

/** A slice of totals for each slide; a window is the sum of its slices. */
export function slidingByHand(readings, sizeMs, slideMs, take) {
  let end = NaN;
  /** Slices by their end. */
  const slices = new Map();
  const fire = () => {
    const totals = new Map();
    for (let each = end - sizeMs + slideMs; each <= end; each += slideMs) {
      for (const [key, { count, sum }] of slices.get(each) ?? []) {
        const total = totals.get(key);
        if (total === undefined) totals.set(key, { count, sum });
        else {
          total.count += count;
          total.sum += sum;
        }
      }
    }
    slices.delete(end - sizeMs + slideMs);
    for (const [key, { count, sum }] of totals) take({ key, end, count, sum });
    end += slideMs;
  };
  let totals;
  for (let i = 0; i < readings.length; i++) {
    const reading = readings[i];
    if (totals === undefined) end = Math.floor(reading.at / slideMs) * slideMs + slideMs;
    while (reading.at >= end) {
      fire();
      totals = undefined;
    }
    if (totals === undefined) slices.set(end, (totals = new Map()));
    add(totals, reading);
  }
  while (slices.size > 0) fire();
}

/** The sessions of a key end with its next reading behind the gap, or with the input. */
export function sessionsByHand(readings, gapMs, take) {
  const sessions = new Map();
  const fire = (key, { start, last, count, sum }) => take({ key, start, end: last + gapMs, count, sum });
  for (let i = 0; i < readings.length; i++) {
    const { key, value, at } = readings[i];
    const session = sessions.get(key);
    if (session === undefined || at > session.last + gapMs) {
      if (session !== undefined) fire(key, session);
      sessions.set(key, { start: at, last: at, count: 1, sum: value });
      continue;
    }
    session.last = at;
    session.count++;
    session.sum += value;
  }
  for (const [key, session] of sessions) fire(key, session);
}

export function countsByHand(readings, size, take) {
  const totals = new Map();
  for (let i = 0; i < readings.length; i++) {
    const { key } = readings[i];
    const total = add(totals, readings[i]);
    if (total.count < size) continue;
    take({ key, count: total.count, sum: total.sum });
    totals.delete(key);
  }
}

function add(totals, { key, value }) {
  let total = totals.get(key);
  if (total === undefined) totals.set(key, (total = { count: 0, sum: 0 }));
  total.count++;
  total.sum += value;
  return total;
}

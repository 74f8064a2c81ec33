/** A ratio may lie so far below the recorded one. */
export const ALLOWED_LOSS = 0.25;

/** What was recorded of a line, by this name. */
export function nameOf({ part, what }) {
  return `${part}: ${what}`;
}

/** What is kept of a run. */
export function recordOf(lines, { machine, takenAt }) {
  const ratios = {};
  for (const line of lines) ratios[nameOf(line)] = { ratio: rounded(line.value), spread: rounded(line.spread), foreignLoad: rounded(line.foreignLoad ?? 0) };
  return { machine, takenAt, ratios };
}

/**
 * Holds lines against what was recorded.
 *
 * @returns {{ fallen: object[], unknown: string[] }} the lines that are too far below, each with what was recorded, and those of which nothing is
 */
export function compare(lines, recorded) {
  const fallen = [];
  const unknown = [];
  for (const line of lines) {
    const before = recorded.ratios[nameOf(line)]?.ratio;
    if (before === undefined) unknown.push(nameOf(line));
    else if (line.value < before * (1 - ALLOWED_LOSS)) fallen.push({ ...line, recorded: before });
  }
  return { fallen, unknown };
}

function rounded(value) {
  return Number(value.toPrecision(3));
}

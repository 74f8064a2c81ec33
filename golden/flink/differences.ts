import type { Output, Scenario } from './golden.js';

type Rec = Extract<Output, { kind: 'record' }>;

/** The outputs of one step, taken apart by what their order means. */
interface StepOutputs {
  /** Watermarks, statuses and errors in order, and in front of each the records since the one before. */
  readonly signals: readonly string[];
  readonly segments: readonly (readonly Rec[])[];
  readonly sides: readonly string[];
}

/**
 * Compares what an engine emitted with what Flink emitted and tells every difference in a line; none means equal.
 *
 * It compares exactly what the operators promise and no more: steps, watermarks and statuses in order, the records between two of them in order for each
 * key, side outputs in order for each step. Not compared: the order across keys; the order of records that one key got from timers of one time (Flink's
 * queue has none); the order among matches of an interval join and of the values in a merged session (they come out of hash maps); the wording of errors.
 */
export function differences(scenario: Scenario, actual: readonly Output[]): string[] {
  const found: string[] = [];
  const last = Math.max(scenario.steps.length - 1, ...actual.map((output) => output.step));
  for (let step = 0; step <= last; step++) {
    const want = takeApart(scenario, scenario.outputs.filter((output) => output.step === step));
    const got = takeApart(scenario, actual.filter((output) => output.step === step));
    const at = `step ${step} ${JSON.stringify(scenario.steps[step])}`;
    compareLists(found, `${at}: watermarks and statuses`, want.signals, got.signals);
    compareLists(found, `${at}: side outputs`, want.sides, got.sides);
    const segments = Math.max(want.segments.length, got.segments.length);
    for (let i = 0; i < segments; i++) compareSegment(found, at, scenario, want.segments[i] ?? [], got.segments[i] ?? []);
  }
  return found;
}

function takeApart(scenario: Scenario, outputs: readonly Output[]): StepOutputs {
  const signals: string[] = [];
  const sides: string[] = [];
  let segment: Rec[] = [];
  const segments = [segment];
  for (const output of outputs) {
    if (output.kind === 'record') segment.push(output);
    else if (output.kind === 'side') sides.push(text(scenario, output));
    else {
      signals.push(output.kind === 'error' ? 'error' : output.kind === 'watermark' ? `watermark ${output.ts}` : `idle ${output.idle}`);
      segments.push((segment = []));
    }
  }
  return { signals, segments, sides };
}

function compareSegment(found: string[], at: string, scenario: Scenario, want: readonly Rec[], got: readonly Rec[]): void {
  const wanted = byKey(want);
  const given = byKey(got);
  for (const key of new Set([...wanted.keys(), ...given.keys()])) {
    const expected = wanted.get(key) ?? [];
    const emitted = given.get(key) ?? [];
    const runs = runLengths(scenario, expected);
    compareLists(found, `${at}: records of key ${key}`, sortedByRun(scenario, expected, runs), sortedByRun(scenario, emitted, runs));
  }
}

function byKey(records: readonly Rec[]): Map<string, Rec[]> {
  const groups = new Map<string, Rec[]>();
  for (const record of records) {
    const key = String(record.value['k']);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return groups;
}

/** Lengths of the stretches of expected records whose order among themselves means nothing. */
function runLengths(scenario: Scenario, records: readonly Rec[]): number[] {
  if (scenario.operator.kind === 'intervalJoin') return [records.length];
  const lengths: number[] = [];
  records.forEach((record, i) => {
    const before = records[i - 1];
    const joins = before !== undefined && record.timer !== undefined && record.timer === before.timer;
    if (joins && scenario.operator.kind !== 'timers') lengths.push((lengths.pop() ?? 0) + 1);
    else lengths.push(1);
  });
  return lengths;
}

function sortedByRun(scenario: Scenario, records: readonly Rec[], runs: readonly number[]): string[] {
  const out: string[] = [];
  let from = 0;
  for (const length of [...runs, Math.max(0, records.length - runs.reduce((a, b) => a + b, 0))]) {
    out.push(...records.slice(from, from + length).map((record) => text(scenario, record)).sort());
    from += length;
  }
  return out;
}

/** A record or side output as canonical text: fields in alphabetical order, -0 as 0, the values of merged sessions sorted. */
function text(scenario: Scenario, output: Rec | Extract<Output, { kind: 'side' }>): string {
  const operator = scenario.operator;
  const merging = 'assigner' in operator && /session/i.test(operator.assigner.kind);
  const fields = Object.entries(output.value)
    .map(([name, value]) => [name, merging && Array.isArray(value) ? [...(value as number[])].sort((a, b) => a - b) : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `${output.kind === 'side' ? `${output.tag} ` : ''}${JSON.stringify(Object.fromEntries(fields))} @ ${output.ts}`;
}

function compareLists(found: string[], what: string, want: readonly string[], got: readonly string[]): void {
  if (want.length === got.length && want.every((line, i) => line === got[i])) return;
  found.push(`${what}\n  Flink: ${want.join(' | ') || '(nothing)'}\n  here:  ${got.join(' | ') || '(nothing)'}`);
}

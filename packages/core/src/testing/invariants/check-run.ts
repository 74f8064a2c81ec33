import { nothingVanishes, outputIsOracle, readersSeeWhatStays, type Balance, type ReaderLooks, type SinkOutput } from './committed-output.js';
import { watermarksAreMonotone, type WatermarkSeen } from './event-time.js';
import type { InvariantId, Observed, Verdict } from './invariant.js';
import { flowIsBounded, memoryIsBounded, type ChannelFlow, type Held } from './limits.js';
import { countedOnce, noGapPerKey, orderPerKey, panesFireOnce, type CountedKeys, type FiredPane, type NumberedRow } from './per-key.js';
import { everyCheckpointReplays, nothingIsOrphaned, type Leftovers, type ReplayedFrom } from './recovery.js';

/** All that can be seen of a run. Every field is there: what could not be looked at says why. */
export interface RunObservations {
  readonly output: Observed<readonly SinkOutput[]>;
  /** Numbered rows in the order of their commits. */
  readonly orderedRows: Observed<readonly NumberedRow[]>;
  /** The same in any order. */
  readonly numberedRows: Observed<readonly NumberedRow[]>;
  readonly countedKeys: Observed<CountedKeys>;
  readonly watermarks: Observed<readonly WatermarkSeen[]>;
  readonly panes: Observed<readonly FiredPane[]>;
  readonly looks: Observed<readonly ReaderLooks[]>;
  readonly replays: Observed<readonly ReplayedFrom[]>;
  readonly leftovers: Observed<Leftovers>;
  readonly flow: Observed<readonly ChannelFlow[]>;
  readonly held: Observed<readonly Held[]>;
  readonly balances: Observed<readonly Balance[]>;
}

/** Holds a run against all twelve invariants. */
export function checkRun(run: RunObservations): Readonly<Record<InvariantId, Verdict>> {
  return {
    I1: outputIsOracle.check(run.output),
    I2: orderPerKey.check(run.orderedRows),
    I3: noGapPerKey.check(run.numberedRows),
    I4: countedOnce.check(run.countedKeys),
    I5: watermarksAreMonotone.check(run.watermarks),
    I6: panesFireOnce.check(run.panes),
    I7: readersSeeWhatStays.check(run.looks),
    I8: everyCheckpointReplays.check(run.replays),
    I9: nothingIsOrphaned.check(run.leftovers),
    I10: flowIsBounded.check(run.flow),
    I11: memoryIsBounded.check(run.held),
    I12: nothingVanishes.check(run.balances),
  };
}

/** The first invariant that is violated, as `I1: …`; undefined when none is. */
export function firstViolation(verdicts: Readonly<Record<InvariantId, Verdict>>): string | undefined {
  for (const [id, verdict] of Object.entries(verdicts)) if (verdict.kind === 'violated') return `${id}: ${verdict.what}`;
  return undefined;
}

/** What a restart comes back to, and what a run leaves behind: I8 and I9. */
import { defineInvariant, type Invariant } from './invariant.js';
import { multisetOf, surplus } from './multiset.js';

/** What was committed up to checkpoint n, continued from there, against the uninterrupted run. */
export interface ReplayedFrom {
  readonly checkpointId: number;
  readonly sink: string;
  readonly rows: readonly string[];
  readonly uninterrupted: readonly string[];
}

/** I8: restore(n), then replay = the uninterrupted run, for every n. */
export const everyCheckpointReplays: Invariant<readonly ReplayedFrom[]> = defineInvariant('I8', 'every checkpoint, restored and replayed, gives the uninterrupted run', (replays) => {
  for (const { checkpointId, sink, rows, uninterrupted } of replays) {
    const [has, wanted] = [multisetOf(rows), multisetOf(uninterrupted)];
    const wrong = surplus(has, wanted) ?? surplus(wanted, has);
    if (wrong !== undefined) return `from checkpoint ${checkpointId}, ${sink} has ${wrong.row} ${has.get(wrong.row) ?? 0} times instead of ${wanted.get(wrong.row) ?? 0}`;
  }
  return undefined;
});

/** Files and transactions that are there after a success, and those that somebody owns. */
export interface Leftovers {
  readonly present: readonly string[];
  readonly owned: ReadonlySet<string>;
}

/** I9: after success no file and no transaction is left that nobody owns. */
export const nothingIsOrphaned: Invariant<Leftovers> = defineInvariant('I9', 'no orphan files or transactions after success', ({ present, owned }) => {
  const orphans = present.filter((name) => !owned.has(name));
  return orphans.length === 0 ? undefined : `nobody owns ${orphans.slice(0, 5).join(', ')}${orphans.length > 5 ? ` and ${orphans.length - 5} more` : ''}`;
});

/** The failures of `state/`: codes 13xx. */
import { defineError, type ErrorKind } from '../base/errors.js';

export const StateNotEncodable: ErrorKind = defineError({
  code: 'MR-1301',
  title: 'State cannot be encoded',
  explanation:
    'A value in state is outside the value domain or does not fit the declared type, so no checkpoint can hold it. The job fails at once, because a checkpoint that fails for ever would be a silent loss of safety.',
  remedy: 'Store plain data of the declared type: no functions, symbols, cycles or class instances without t.class. Check mode (--check) finds the line that stores it.',
});

export const StateTypeChanged: ErrorKind = defineError({
  code: 'MR-1302',
  title: 'The type of a state changed',
  explanation:
    'The snapshot holds values of another type than the job now declares, and the change is none that can be read by itself (an optional field added, a field removed).',
  remedy: "Raise the state's version and declare migrate(old, fromVersion), take the old type back, or drop the state with --drop-state.",
});

export const StateKindChanged: ErrorKind = defineError({
  code: 'MR-1303',
  title: 'The kind of a state changed',
  explanation: 'The snapshot holds a state of this name of another kind (value, list, map, reducing, aggregating, window, timers, broadcast, operator list). No migration turns one kind into another.',
  remedy: 'Give the new state another name, or drop the old one with --drop-state.',
});

export const KeyTypeChanged: ErrorKind = defineError({
  code: 'MR-1304',
  title: 'The type of a key changed',
  explanation: 'Key types never evolve: a key is found again by its bytes. The snapshot was written with another type of key (or of map key).',
  remedy: 'Keep the type of the key, or drop the state with --drop-state and fill it anew.',
});

export const SnapshotDamaged: ErrorKind = defineError({
  code: 'MR-1305',
  title: 'Snapshot is damaged',
  explanation: 'The bytes of a state blob are not what was written: they are cut off, or a checksum does not match. Nothing of it is used.',
  remedy: 'Restore from another checkpoint or savepoint, and look at the disk or store that holds this one.',
});

export const SnapshotFormatUnknown: ErrorKind = defineError({
  code: 'MR-1306',
  title: 'Snapshot format is unknown',
  explanation: 'The state blob was written in a format version that this version of Millrace does not know.',
  remedy: 'Run the job with the version of Millrace that wrote the snapshot, or a newer one.',
});

export const MaxParallelismChanged: ErrorKind = defineError({
  code: 'MR-1307',
  title: 'Maximum parallelism changed',
  explanation: 'The number of key groups is fixed for the life of the state, since every key lies in the group that its hash gives.',
  remedy: 'Start the job with the maximum parallelism that the message names.',
});

export const SnapshotChainBroken: ErrorKind = defineError({
  code: 'MR-1308',
  title: 'Snapshot parts do not follow each other',
  explanation: 'A key group is restored from a base and the deltas since, oldest first. Here a delta comes without the part that it builds on.',
  remedy: 'Restore from another checkpoint; the manifest of this one names too few parts.',
});

export const StateChangedWithoutUpdate: ErrorKind = defineError({
  code: 'MR-1309',
  title: 'State was changed without update',
  explanation: 'A value that a state handed out was changed and not given back, so a checkpoint may or may not hold the change. Check mode compares the value before and after the callback.',
  remedy: 'Call update(value), put(key, value) or add(value) after the change, or copy the value before changing it.',
});

export const StateDeclarationInvalid: ErrorKind = defineError({
  code: 'MR-1310',
  title: 'State declaration is invalid',
  explanation: 'A state is declared by state.value, state.list, state.map, state.reducing, state.aggregating or state.broadcast, with a type and valid options.',
  remedy: 'Mend the declaration as the message says.',
});

export const StateDeclaredTwice: ErrorKind = defineError({
  code: 'MR-1311',
  title: 'State is declared twice',
  explanation: 'The states, window tables, timers and lists of one operator are known by their names, so each name can be used once.',
  remedy: 'Give one of the two another name.',
});

export const TimerTimeInvalid: ErrorKind = defineError({
  code: 'MR-1312',
  title: 'Timer time is invalid',
  explanation: 'The time of a timer is a number of epoch milliseconds. Fractions are floored; NaN, -Infinity, dates, strings and bigints are refused.',
  remedy: 'Pass epoch milliseconds, for example context.timestamp + 60_000 after checking that the element has a timestamp.',
});

export const NoCurrentKey: ErrorKind = defineError({
  code: 'MR-1313',
  title: 'There is no current key',
  explanation: 'Keyed state and timers belong to the key of the element under way; outside an element or timer there is none.',
  remedy: 'Use the state inside the callbacks of the function, not in open or close.',
});

export const MigrationFailed: ErrorKind = defineError({
  code: 'MR-1314',
  title: 'Migration of a state failed',
  explanation: "The declared migrate function threw, or gave a value that does not fit the state's new type.",
  remedy: 'Mend migrate(old, fromVersion) so that it takes every value of the old version.',
});

export const WorkingStateDamaged: ErrorKind = defineError({
  code: 'MR-1315',
  title: 'Working state on disk is damaged',
  explanation: 'A record that the disk state wrote into its working directory does not read back as it was written. The file was changed or cut by somebody else, or the disk is failing.',
  remedy: 'Start the job again from its last checkpoint, which does not depend on the working directory; check the disk, and let nothing else write into the directory.',
});

export const StateFileShort: ErrorKind = defineError({
  code: 'MR-1316',
  title: 'File of saved state is cut short',
  explanation: 'State that is too large to be handed around in memory is read from its file, and the file ends before the state does. Somebody else has cut it since it was verified.',
  remedy: 'Let nothing else write into the directory of the checkpoints; start the job again, which verifies every file first.',
});

export const KeyGroupTooLarge: ErrorKind = defineError({
  code: 'MR-1317',
  title: 'A key group is too large to be restored',
  explanation: 'The state of one key group of an operator is restored as a whole, so it may have 2 GB at most. A larger one is refused when it is saved, and not only when it is needed.',
  remedy: 'Divide the state into more key groups with --max-parallelism, which needs a fresh start; or keep less state: give it a time to live, remove what is done with, look for a key that has most of it.',
});

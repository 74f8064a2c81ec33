import { defineError, type ErrorKind } from '../base/errors.js';

export const CheckpointDirectoryInUse: ErrorKind = defineError({
  code: 'MR-2401',
  title: 'Another run is using the checkpoint directory',
  explanation: 'One run at a time owns a checkpoint directory. Its process is alive, or has given a sign of life in the last seconds.',
  remedy: 'Stop the other run first, or give this one a directory of its own.',
});

export const CheckpointDamaged: ErrorKind = defineError({
  code: 'MR-2402',
  title: 'A checkpoint is damaged',
  explanation: 'A file of the checkpoint is missing, has another size, or its bytes do not match the checksum in the manifest.',
  remedy: 'Bring the file back from a backup, or resume from an older checkpoint by its path.',
});

export const CheckpointFormatUnknown: ErrorKind = defineError({
  code: 'MR-2403',
  title: 'The checkpoint has an unknown format',
  explanation: 'The manifest was written by another version of the engine, in a format that this one does not read.',
  remedy: 'Use the version that wrote it, or a newer one.',
});

export const CheckpointOfAnotherJob: ErrorKind = defineError({
  code: 'MR-2404',
  title: 'The directory holds checkpoints of another job',
  explanation: 'A checkpoint directory belongs to one job, by name. Resuming another job from it would give it state that is not its own.',
  remedy: 'Give the job its own directory, or its old name.',
});

export const FencedByNewerRun: ErrorKind = defineError({
  code: 'MR-2405',
  title: 'A newer run has taken the checkpoint directory over',
  explanation: 'This process was silent for too long and another one has taken its place. What it would write now is refused, so that the two cannot mix.',
  remedy: 'Nothing: the newer run goes on. End this one.',
});

export const FallbackRefused: ErrorKind = defineError({
  code: 'MR-2406',
  title: 'No checkpoint can be taken without a decision',
  explanation: 'The newest checkpoint cannot be read, and going back to an older one (or starting fresh) by itself might write results twice or forget them.',
  remedy: 'Mend the file named, or say which checkpoint to resume from (--resume PATH), or --resume none for a fresh start.',
});

export const NoCheckpointThere: ErrorKind = defineError({
  code: 'MR-2407',
  title: 'There is no checkpoint to resume from',
  explanation: 'The job was told to go on from a directory that holds no complete checkpoint. A fresh start instead would silently forget the state that was meant.',
  remedy: 'Give the path of a checkpoint directory, or resume none for a fresh start.',
});

export const ResumeNeedsDirectory: ErrorKind = defineError({
  code: 'MR-2408',
  title: 'Resuming needs a checkpoint directory',
  explanation: 'A run that goes on from saved state must be able to save its own: without a directory for its checkpoints its sinks could not tell what is committed.',
  remedy: 'Give a checkpoint directory as well (--checkpoint-dir DIR).',
});

export const EncryptionKeyMissing: ErrorKind = defineError({
  code: 'MR-2409',
  title: 'The key of a checkpoint is missing',
  explanation: 'The file was written with a key that is not given to this program. Manifests name keys by their id; the keys themselves are never stored.',
  remedy: 'Set the environment variable that the message names, or give the key in the program (encryptionKeys). Keep old keys for as long as files written with them are kept.',
});

export const EncryptionKeyWrong: ErrorKind = defineError({
  code: 'MR-2410',
  title: 'The key of a checkpoint is another one',
  explanation: 'A key is given under the id that the manifest names, but it is not the key that the files were written with.',
  remedy: 'Give the key that belongs to this id. Use a new id for every new key: an id is never used twice.',
});

export const EncryptionKeyInvalid: ErrorKind = defineError({
  code: 'MR-2411',
  title: 'A key for checkpoints cannot be used',
  explanation: 'A key of AES-256 is 32 random bytes, written as 64 hexadecimal digits or in base64; its id is made of letters, digits, _ and -.',
  remedy: 'Make one with: openssl rand -hex 32',
});

export const SavepointExists: ErrorKind = defineError({
  code: 'MR-2412',
  title: 'The savepoint is there already',
  explanation: 'Every savepoint gets a directory of its own, which must not be there yet: nothing is ever overwritten.',
  remedy: 'Give another directory, or move away what is there.',
});

export const SavepointUnwritable: ErrorKind = defineError({
  code: 'MR-2413',
  title: 'The savepoint cannot be written',
  explanation: 'The directory for the savepoint cannot be made or written: it does not allow it, it is full, or a file stands in its place. The job goes on as if nothing had been asked.',
  remedy: 'Look at the reason underneath, and ask again with a directory that can be written.',
});

export const NotASavepoint: ErrorKind = defineError({
  code: 'MR-2414',
  title: 'This is no savepoint',
  explanation: 'Only a savepoint can be disposed of: a directory with the manifest that its writing leaves. Checkpoints belong to the run that takes them, and it deletes them by itself.',
  remedy: 'Give the directory of a savepoint. Delete the directory of checkpoints of a job that will never run again yourself.',
});

export const DrainedNotResumed: ErrorKind = defineError({
  code: 'MR-2415',
  title: 'The savepoint is not meant to be resumed',
  explanation: 'It was taken when the job was stopped with drain: the final watermark had been sent, so all windows have fired, and whatever comes after it would be late.',
  remedy: 'Start fresh (--resume none), or say that you mean it: resumeDrained (--resume-drained), best together with resetWatermarks (--reset-watermarks).',
});

export const NotInCheckpoint: ErrorKind = defineError({
  code: 'MR-2416',
  title: 'The checkpoint does not hold this',
  explanation: 'It was asked for the state of an operator, or for a state by its name, that the checkpoint does not have.',
  remedy: 'Look at what it has: millrace checkpoints show DIR.',
});

import { defineError, type ErrorKind } from '../../base/errors.js';

export const ControlNotAvailable: ErrorKind = defineError({
  code: 'MR-2350',
  title: 'The job cannot be spoken to',
  explanation: 'A running job listens on a Unix socket in its checkpoint directory or in the folder of its user for running programs. Neither could be had: the system has no Unix sockets, or the folders cannot be written, are open to others, or have too long a path.',
  remedy: 'Set XDG_RUNTIME_DIR or TMPDIR to a folder with a short path that only you can enter. Without it the job runs all the same, and signals stop it.',
});

export const ControlRequestInvalid: ErrorKind = defineError({
  code: 'MR-2351',
  title: 'A request to the job makes no sense',
  explanation: 'What came through the control socket of a job was no request: no JSON line, too long, without a known verb, or with a value that the verb does not take. The job goes on untouched.',
  remedy: 'Use the millrace command, or send lines as the guide on operating jobs says.',
});

export const ControlVersionDiffers: ErrorKind = defineError({
  code: 'MR-2352',
  title: 'Command and job speak different versions',
  explanation: 'The version of the protocol between the command and a running job differs: one of them is older.',
  remedy: 'Use the millrace command that belongs to the job, e.g. npx millrace in its folder.',
});

export const JobNotAnswering: ErrorKind = defineError({
  code: 'MR-2353',
  title: 'The job does not answer',
  explanation: 'The process of the job is there, but has said nothing in time: it is stopped, swaps, or is stuck outside of its operators.',
  remedy: 'Look at the process by its number. Ask for longer with --timeout. As a last resort end it with kill; with checkpoints the next run goes on from the last one.',
});

export const JobEndedMeanwhile: ErrorKind = defineError({
  code: 'MR-2354',
  title: 'The job has ended before it answered',
  explanation: 'The connection was closed while a request was under way: the job has finished or failed, or its process was killed. It may also serve as many others as it allows.',
  remedy: 'Look at the output of the job; list the jobs that run with: millrace list',
});

export const JobNotReachable: ErrorKind = defineError({
  code: 'MR-2355',
  title: 'The job cannot be reached',
  explanation: 'Nobody listens on the control socket of the job, or this user may not speak to it: only the one who started a job may.',
  remedy: 'Run the command as the user who started the job. List the jobs that run with: millrace list',
});

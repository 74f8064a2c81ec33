import { defineError, type ErrorKind } from '../../base/errors.js';

/** 2780: nothing is left to happen. */
export const SimulationStuck: ErrorKind = defineError({
  code: 'MR-2780',
  title: 'Simulation is stuck',
  explanation: 'A simulated run waits for a condition, but no timer, message or other event is left that could make it true.',
  remedy: 'Look for the event that was lost: a callback never called, a promise never settled, a message to a killed process.',
});

/** 2781: it does not come to an end. */
export const SimulationEndless: ErrorKind = defineError({
  code: 'MR-2781',
  title: 'Simulation does not end',
  explanation: 'A simulated run passed its limit of events without reaching the condition it waits for.',
  remedy: 'Look for a loop of events that keeps itself alive, or raise the limit where the run is really that long.',
});

/** 2782: a run failed; its seed is told. */
export const SimulationFailed: ErrorKind = defineError({
  code: 'MR-2782',
  title: 'Simulated run failed',
  explanation: 'The body of a simulated run threw. The run is a function of its seed, so the same seed fails again.',
  remedy: 'Run it with this seed alone, and keep the seed as a test when the cause is found.',
});

/** 2783: a thread entry nobody registered. */
export const ThreadEntryUnknown: ErrorKind = defineError({
  code: 'MR-2783',
  title: 'Simulated thread has no entry',
  explanation: 'A simulated thread runs a function that was registered for its entry URL; there is none for this one.',
  remedy: 'Call `registerThreadEntry(url, entry)` on the simulated platform before the thread is started.',
});

/** 2784: a piece of a killed process that still stood on the stack. */
export const ProcessEnded: ErrorKind = defineError({
  code: 'MR-2784',
  title: 'Simulated process has ended',
  explanation: 'A simulated process was killed while its code was running. The error unwinds what was left of it, and nothing it does any more has an effect.',
  remedy: 'Nothing is to be mended: look at the process that goes on in its place.',
});

/** 2785: a simulated sink does not do what it is asked. */
export const WarehouseRefuses: ErrorKind = defineError({
  code: 'MR-2785',
  title: 'Simulated warehouse refuses',
  explanation: 'The warehouse of a simulated job refuses a commit, or loses its reply: as its scenario wants it, or because a newer run has taken over.',
  remedy: 'Nothing is to be mended: the job tries again, or is to end.',
});

import { formsNamed } from './flink-forms.mjs';

const CHECKPOINT_INTERVAL_MS = 10_000;

/** The settings of a comparison with Flink from the options of the command line. Throws a RangeError when they make no sense. */
export function againstSettings({ against, queries, forms: names, rounds, events, parallelism, 'checkpoint-interval': interval, 'mini-batch': miniBatch, verify, json, save }) {
  if (against !== 'flink') throw new RangeError('--against knows flink only');
  if (parallelism !== '1' || interval !== '10s') throw new RangeError('--against compares at parallelism 1, with checkpoints every 10 s');
  const forms = formsNamed(names);
  const there = [...new Set(forms.flatMap((form) => form.queries))];
  const asked = queries?.split(',').map((name) => name.trim()) ?? there;
  const unknown = asked.find((name) => !there.includes(name));
  if (unknown !== undefined) throw new RangeError(`there is no query "${unknown}" for Flink; there are ${there.join(', ')}`);
  const options = { queries: asked, parallelism: 1, checkpointIntervalMs: CHECKPOINT_INTERVAL_MS, mode: 'time' };
  return { forms, queries: asked, rounds: verify ? 0 : wholeNumber('--rounds', rounds), given: events === undefined ? undefined : wholeNumber('--events', events), miniBatch, json, save, case: options };
}

function wholeNumber(option, text) {
  const number = Number(text);
  if (!(Number.isSafeInteger(number) && number > 0)) throw new RangeError(`${option} takes a whole number from 1`);
  return number;
}

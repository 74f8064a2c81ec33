import { DEAD_LETTER_TYPE, type DeadLetter } from '../connector/dead-letter.js';
import type { Format } from '../connector/format.js';
import { json } from './json/json.js';

/** Dead letters as JSON, one per line or message, the record in hexadecimal: nothing is lost, and {@link DeadLetter} comes back. */
export function deadLetterFormat(): Format<DeadLetter> {
  return json(DEAD_LETTER_TYPE, { onError: 'fail' });
}

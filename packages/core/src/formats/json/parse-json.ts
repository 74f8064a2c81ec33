import { excerptOf } from '../../connector/excerpt.js';
import { JsonMalformed, JsonTooDeep } from '../errors.js';
import { isTooDeep } from './json-scan.js';

/** The value of a JSON text; coded errors where it is none, or nested deeper than the limit. */
export function parseJson(text: string, maxDepth: number): unknown {
  if (isTooDeep(text, maxDepth)) throw JsonTooDeep.error({ what: `the record ${excerptOf(text)} has more than ${maxDepth} levels` });
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The runtime quotes a part of the text, line breaks included; the excerpt shows it better.
    throw JsonMalformed.error({ what: `${reason.split(/[,:] (?:\.\.\.)?["'\n]|, "/)[0]} in ${excerptOf(text)}` });
  }
}

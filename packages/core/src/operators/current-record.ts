import type { RecordContext } from './operator-context.js';

/**
 * The cell with the timestamp of the record under way.
 *
 * The field is set where it is declared, and the class is its own, for the sake of V8: a field that begins as undefined,
 * or an object literal `{ timestamp }` that shares its shape with others in the program, would hold every timestamp as an
 * object of its own, made anew for each record.
 */
export class CurrentRecord implements RecordContext {
  timestamp: number = Number.NaN;
}

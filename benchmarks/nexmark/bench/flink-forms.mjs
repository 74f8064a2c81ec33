/**
 * @typedef {object} FlinkForm  a way to write the queries for Flink, with where its state is
 * @property {string} name
 * @property {string} title
 * @property {readonly string[]} arguments  of the Java program
 * @property {readonly string[]} queries
 * @property {number} events  of a round, unless told otherwise
 * @property {boolean} closesWindows  whether results are compared over so many events that windows close; once is enough for the same SQL
 * @property {{ readonly gross: Limits, readonly net?: Limits, readonly worstNet?: Limits }} limits  of our speed as a multiple of Flink's
 *
 * @typedef {{ readonly goal: number, readonly floor: number }} Limits
 */

const QUERIES = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q7', 'q8', 'q9', 'q11', 'q15', 'q17', 'q18', 'q20'];
/** Those on bids only. */
const ON_BIDS = ['q0', 'q1', 'q2', 'q5', 'q7', 'q11', 'q15', 'q17', 'q18'];

/** Those that keep state, and so depend on where. */
const WITH_STATE = QUERIES.filter((name) => !['q0', 'q1', 'q2'].includes(name));

/** @type {readonly FlinkForm[]} */
export const FLINK_FORMS = [
  {
    name: 'datastream', title: 'DataStream, heap', arguments: ['datastream'], queries: QUERIES, events: 3_000_000, closesWindows: true,
    limits: { gross: { goal: 1.6, floor: 1.2 }, net: { goal: 3, floor: 2 }, worstNet: { goal: 1.2, floor: 0.8 } },
  },
  {
    name: 'sql', title: 'SQL as published, heap', arguments: ['sql', 'nested', 'heap'], queries: QUERIES, events: 1_000_000, closesWindows: true,
    limits: { gross: { goal: 6.5, floor: 4.5 } },
  },
  {
    name: 'sql-rocksdb', title: 'SQL as published, RocksDB', arguments: ['sql', 'nested', 'rocksdb'], queries: WITH_STATE, events: 1_000_000, closesWindows: false,
    limits: { gross: { goal: 20, floor: 12 } },
  },
  {
    name: 'sql-flat', title: 'SQL on flat bids, heap', arguments: ['sql', 'flat', 'heap'], queries: ON_BIDS, events: 1_000_000, closesWindows: false,
    limits: { gross: { goal: 4, floor: 2.5 } },
  },
];

/** The forms of a list of names, which a comma separates; all unless given. Throws when there is no such form. */
export function formsNamed(list) {
  if (list === undefined) return FLINK_FORMS;
  return list.split(',').map((text) => {
    const name = text.trim();
    const form = FLINK_FORMS.find((each) => each.name === name);
    if (form === undefined) throw new RangeError(`there is no form "${name}" of Flink; there are ${FLINK_FORMS.map((each) => each.name).join(', ')}`);
    return form;
  });
}

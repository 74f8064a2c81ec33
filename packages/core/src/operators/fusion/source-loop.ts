import type { RecordCursor, SourceBatch } from '../../connector/source.js';
import type { Receiver } from '../operator.js';
import type { OperatorInfo, RecordContext } from '../operator-context.js';
import type { StopSignal } from '../source-head.js';
import type { TimestampReader } from '../timestamp-reader.js';
import type { WatermarkMaker } from '../watermark-maker.js';
import { type BatchPlace, recordLoopText } from './record-loop.js';
import { StageCode } from './stage-code.js';

/** Runs the rest of a batch into the chain; true when the batch is through. */
export type SourceLoop = (stop: StopSignal, maker: WatermarkMaker) => boolean;

/** What the loop of a source works on. */
export interface SourceLoopParts {
  readonly info: OperatorInfo;
  readonly record: RecordContext;
  readonly batch: SourceBatch<unknown>;
  /** The reader's cursor: with it the loop takes each record from the reader itself, and not from the batch. */
  readonly cursor: RecordCursor<unknown> | undefined;
  /** Makes the error of a cursor that failed. */
  readonly unreadable: (error: unknown) => Error;
  readonly place: BatchPlace;
  readonly timestamps: TimestampReader;
  readonly output: Receiver;
  /** Whether a generator of the user's is told of every record. */
  readonly hearsEvents: boolean;
  readonly watermarkPerRecord: boolean;
  /** Whether an operator of the chain asks for the place of the record under way. */
  readonly keepsPlace: boolean;
}

/** Where the loop has its records from. */
interface RecordsText {
  /** Statements before the loop: they declare `cursor`, where it begins, and `end`. */
  readonly declare: string;
  /** The expression for how far `cursor` moves between two looks at the clock. */
  readonly stride: string;
  /** Statements that take the record at `cursor` into the variable of records, declare `given`, and move `cursor` on. */
  readonly take: string;
  /** The expression for how many records have been taken. */
  readonly taken: string;
}

/** Generates the loop of a source over its records, with the operators behind it inside: `SourceOperator` has the same as code. */
export function generateSourceLoop(parts: SourceLoopParts): SourceLoop {
  const code = new StageCode(parts.record, 'timestamp', true);
  code.site(parts.info);
  const value = code.variable();
  const record = code.part(parts.record);
  const place = code.part(parts.place);
  const records = parts.cursor === undefined ? batchText(code, parts.batch, value, place) : cursorText(code, parts.cursor, parts.unreadable, value, place);
  const timestamp = parts.timestamps.fuse(code, value, 'given');
  const behind = code.next(parts.output, value);
  const followed = parts.hearsEvents || parts.watermarkPerRecord ? `maker.onEvent(${value}, timestamp);` : '';
  const chance = parts.watermarkPerRecord ? 'maker.chance();' : '';
  const leave = `${place}.cursor = ${records.taken};`;
  const text = recordLoopText(code, {
    ...records,
    // The latest timestamp stays in a register and is told once per stride.
    before: 'let latest = -Infinity;',
    record: `
    ${records.take}
    ${timestamp}
    if (timestamp > latest) latest = timestamp;
    ${parts.keepsPlace ? leave : ''}
    ${record}.timestamp = timestamp;
    ${behind}
    ${followed}
    ${chance}`,
    after: 'maker.sawUpTo(latest);',
    leave,
  });
  return code.build(['stop', 'maker'], text) as SourceLoop;
}

function batchText(code: StageCode, batch: SourceBatch<unknown>, value: string, place: string): RecordsText {
  return {
    declare: `const { values, timestamps, length: end } = ${code.part(batch)};\nlet { cursor } = ${place};`,
    stride: `${place}.stride`,
    take: `${value} = values[cursor];\nconst given = timestamps[cursor++];`,
    taken: 'cursor',
  };
}

/** Here `cursor` is the offset of the next record, so that it is all the reader has to be asked with. */
function cursorText(code: StageCode, cursor: RecordCursor<unknown>, unreadable: (error: unknown) => Error, value: string, place: string): RecordsText {
  const records = code.part(cursor);
  return {
    declare: `const { first, step: by, length } = ${records};\nconst end = first + length * by;\nlet cursor = first + ${place}.cursor * by;`,
    stride: `${place}.stride * by`,
    // The record that cannot be made counts as taken: it is the one under way.
    take: `
let given;
try {
  ${value} = ${records}.record(cursor);
  given = +${records}.timestamp(${value}, cursor);
} catch (error) {
  cursor += by;
  throw ${code.part(unreadable)}(error);
}
cursor += by;`,
    taken: '(cursor - first) / by',
  };
}

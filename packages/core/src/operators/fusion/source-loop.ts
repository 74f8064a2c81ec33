import type { SourceBatch } from '../../connector/source.js';
import type { Receiver } from '../operator.js';
import type { OperatorInfo, RecordContext } from '../operator-context.js';
import type { StopSignal } from '../source-head.js';
import type { TimestampReader } from '../timestamp-reader.js';
import type { WatermarkMaker } from '../watermark-maker.js';
import { StageCode } from './stage-code.js';

/** How many records of a batch have entered the chain: the record under way is the one before. */
export class BatchPlace {
  cursor: number = 0;
}

/** Runs the rest of a batch into the chain; true when the batch is through. */
export type SourceLoop = (stop: StopSignal, maker: WatermarkMaker) => boolean;

/** What the loop of a source works on. */
export interface SourceLoopParts {
  readonly info: OperatorInfo;
  readonly record: RecordContext;
  readonly batch: SourceBatch<unknown>;
  readonly place: BatchPlace;
  readonly timestamps: TimestampReader;
  readonly output: Receiver;
  /** Records between two looks at the clock. */
  readonly stride: number;
  /** Whether a generator of the user's is told of every record. */
  readonly hearsEvents: boolean;
  readonly watermarkPerRecord: boolean;
  /** Whether an operator of the chain asks for the place of the record under way. */
  readonly keepsPlace: boolean;
}

/** Generates the loop of a source over its batch, with the operators behind it inside: `SourceOperator` has the same as code. */
export function generateSourceLoop(parts: SourceLoopParts): SourceLoop {
  const code = new StageCode(parts.record, 'timestamp');
  code.site(parts.info);
  const value = code.variable();
  const record = code.part(parts.record);
  const place = code.part(parts.place);
  const timestamp = parts.timestamps.fuse(code, value, 'given');
  const behind = code.next(parts.output, value);
  const followed = parts.hearsEvents || parts.watermarkPerRecord ? `maker.onEvent(${value}, timestamp);` : '';
  const chance = parts.watermarkPerRecord ? 'maker.chance();' : '';
  const text = `
while (cursor < length) {
  const from = cursor;
  const stride = Math.min(length, cursor + ${parts.stride});
  while (cursor < stride && !stop.stopped) {
    ${value} = values[cursor];
    const given = timestamps[cursor++];
    ${timestamp}
    timestamps[cursor - 1] = timestamp;
    ${parts.keepsPlace ? `${place}.cursor = cursor;` : ''}
    ${record}.timestamp = timestamp;
    ${behind}
    ${followed}
    ${chance}
  }
  maker.sawTimestamps(timestamps, from, cursor);
  if (cursor < length && (stop.stopped || !stop.hasTime())) {
    ${place}.cursor = cursor;
    return false;
  }
}
${place}.cursor = cursor;
return true;`;
  const body = `const { values, timestamps, length } = ${code.part(parts.batch)};\nlet cursor = ${place}.cursor;\n${code.guarded(text, `${place}.cursor = cursor;`)}`;
  return code.build(['stop', 'maker'], body) as SourceLoop;
}

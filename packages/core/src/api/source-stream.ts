import { DataStreamObject } from './data-stream.js';
import { deadLettersOf } from './dead-letters.js';

/** The object behind `SourceStream`. */
export class SourceStreamObject extends DataStreamObject {
  deadLetters(): unknown {
    return this.streamHandle.environment.maker.data(deadLettersOf(this.streamHandle, 'deadLetters()'));
  }
}

import { DEAD_LETTERS } from '../operators/source.js';
import { DataStreamObject } from './data-stream.js';
import { DYNAMIC } from './stream-handle.js';

/** The object behind `SourceStream`. */
export class SourceStreamObject extends DataStreamObject {
  deadLetters(): unknown {
    const { environment, origins } = this.streamHandle;
    return environment.maker.data({
      environment, type: DYNAMIC, draft: undefined, madeBy: 'deadLetters()', sides: {},
      origins: origins.map((origin) => ({ builder: origin.builder, node: origin.node, sideOutput: DEAD_LETTERS })),
    });
  }
}

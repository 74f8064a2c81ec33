// A job with a window and state that never gets a record.
import { count, defineJob, discardSink, monotonousTimestamps, tumblingEventTime } from 'millrace';
import { GatedSource } from '../checkpoints/gated-source.mjs';

export default defineJob({
  name: 'idle',
  build(env) {
    env
      .fromSource(new GatedSource(() => ({ user: '', at: 0 })).source, { name: 'silent', uid: 'silent', watermarks: monotonousTimestamps((each) => each.at) })
      .keyBy('user')
      .window(tumblingEventTime('1 min'))
      .aggregate({ records: count() })
      .sinkTo(discardSink());
  },
});

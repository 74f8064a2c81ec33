// A source at full speed before a sink that takes a hundred records a second, with an exchange between them.
import { setTimeout as pause } from 'node:timers/promises';
import { engine } from '../lib/engine.mjs';
import { GatedSource } from './gated-source.mjs';

const { defineJob } = engine;
const PER_SECOND = 100;

export default defineJob({
  name: 'slow-sink',
  build(env) {
    let made = 0;
    const gate = new GatedSource(() => ({ user: `user-${made++ % 10_000}`, note: 'x'.repeat(200) }));
    void gate.give(Infinity);
    env.fromSource(gate.source, { name: 'fast', uid: 'fast' }).keyBy('user').sinkTo(slowSink(), { name: 'slow', uid: 'slow' });
  },
});

/** Each of its writers takes its part of the hundred records, one after the other. */
function slowSink() {
  return {
    kind: 'slow',
    guarantee: 'at-least-once',
    createWriter({ parallelism }) {
      const each = (1000 * parallelism) / PER_SECOND;
      let next = performance.now();
      return {
        write: () => (next = Math.max(next, performance.now() - each) + each),
        isFull: () => next > performance.now(),
        drained: () => pause(Math.max(0, next - performance.now())),
        close() {},
      };
    },
  };
}

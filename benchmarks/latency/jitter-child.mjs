// A process that does nothing but set timers, until it is told to stop.
import { TimerJitter } from './timer-jitter.mjs';

const jitter = new TimerJitter();
process.once('message', () => process.send(JSON.parse(JSON.stringify(jitter.stop())), () => process.exit(0)));
// The benchmark has ended early.
process.once('disconnect', () => process.exit(1));
jitter.start();

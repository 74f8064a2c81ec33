// Runs in a process of its own what the parent asks for on the command line, as JSON, and sends it one message per query.
import { compareRows, runEngine, takeTimes, type CaseOptions } from './measure.js';

const options = JSON.parse(process.argv[2]!) as CaseOptions;

for (const name of options.queries) {
  if (options.mode === 'engine') await runEngine(name, options);
  else process.send!(options.mode === 'rows' ? await compareRows(name, options) : await takeTimes(name, options));
}
process.disconnect?.();

// Runs one slice of the engine, of the loop's results or of the generator for each message of the parent, and answers with what came of it.
import { resultsByHand } from '../verify.js';
import { queryNamed, timeOfEngine, timeOfGenerator, type CaseOptions } from './measure.js';

const options = JSON.parse(process.argv[2]!) as CaseOptions;

process.on('message', ({ what, query, events }: { readonly what: 'engine' | 'generator' | 'rows'; readonly query: string; readonly events: number }) => {
  void answer(what, query, events).then((found) => process.send!(found));
});

async function answer(what: 'engine' | 'generator' | 'rows', name: string, events: number): Promise<object> {
  if (what === 'engine') return timeOfEngine(name, events, options);
  if (what === 'generator') return timeOfGenerator(events);
  const { query, yardstick } = queryNamed(name);
  return { digest: resultsByHand(query, yardstick, events).lasting };
}

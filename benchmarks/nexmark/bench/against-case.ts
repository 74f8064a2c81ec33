// Runs one slice of the engine or of the generator, or the engine for its results, for each message of the parent, and answers with what came of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startQuery, takingSink } from '../engine-run.js';
import type { Query } from '../queries/query.js';
import { resultsOfEngine } from '../verify.js';
import { queryNamed, timeOfEngine, timeOfGenerator, type CaseOptions } from './measure.js';
import { SqlTable } from './sql-rows.js';

/** What the parent asks for: the time of a slice, the results in order, or the table that the published SQL makes of them. */
interface Question {
  readonly what: 'engine' | 'generator' | 'results' | 'table';
  readonly query: string;
  readonly events: number;
}

const options = JSON.parse(process.argv[2]!) as CaseOptions;

process.on('message', (question: Question) => {
  void answer(question).then((found) => {
    const { user, system } = process.cpuUsage();
    process.send!({ ...found, memoryMb: Math.round(process.resourceUsage().maxRSS / 1024), cpuOfProcess: (user + system) / 1e6 });
  });
});

async function answer({ what, query, events }: Question): Promise<object> {
  switch (what) {
    case 'engine':
      return timeOfEngine(query, events, options);
    case 'generator':
      return timeOfGenerator(events);
    case 'results':
      return { digest: (await resultsOfEngine(queryNamed(query).query, events, 1)).exact };
    case 'table':
      return { digest: await tableOfEngine(queryNamed(query).query, events) };
  }
}

async function tableOfEngine(query: Query, events: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-nexmark-'));
  const table = new SqlTable(query);
  try {
    await startQuery({ query, events, folder, sink: () => takingSink(table.take) }).done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return table.text();
}

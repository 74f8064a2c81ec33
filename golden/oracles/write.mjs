// Writes the expected rows of every golden job, from plain loops without Millrace: node golden/oracles/write.mjs
import { writeFileSync } from 'node:fs';

for (const name of ['windows', 'lateness', 'timers', 'joins', 'enrichment', 'merge']) {
  const { rows } = await import(`./${name}.mjs`);
  writeFileSync(new URL(`../expected/${name}.ndjson`, import.meta.url), `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
}

import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodePlatform } from '../../platform/node/node-platform.js';
import { json } from '../../formats/json/json.js';
import { readAll } from '../../testing/source-driver.js';
import { fileSource } from './file-source.js';

const platform = nodePlatform();
let root = '';
beforeAll(() => {
  root = platform.files.makeTemporaryDirectory('millrace-file-source-');
});
afterAll(() => platform.files.removeTree(root));

it('reads lines of JSON from one file in several splits', async () => {
  const rows = Array.from({ length: 1000 }, (_, index) => ({ id: `ü${index}`, value: index }));
  platform.files.writeFile(`${root}/a.ndjson`, rows.map((row) => JSON.stringify(row)).join('\n'));
  const read = await readAll(fileSource({ path: `${root}/a.ndjson`, format: json(), splitBytes: 1000 }), { platform });
  expect(read.values).toEqual(rows);
});

/** A process of its own with a small heap: fills far more state than the heap holds, changes it, reads it back. */
import { nodePlatform } from '../../../platform/node/node-platform.js';
import { t } from '../../../record/types/t.js';
import { state } from '../../state-builders.js';
import { logStateBackendFactory } from './log-state-backend.js';

const [, , directory = '', keyCount = '0', valueBytes = '0'] = process.argv;
const platform = nodePlatform();
const backend = logStateBackendFactory({ files: platform.files, random: platform.random, directory }).create({
  operatorUid: 'large',
  keyGroups: { first: 0, last: 127 },
  maxParallelism: 128,
  keyType: t.string,
  clock: platform.clock,
});
const value = backend.keyedState('v', state.value(t.struct({ count: t.number, text: t.string })));
const keys = Number(keyCount);

for (let key = 0; key < keys; key++) {
  backend.setCurrentKey(`user-${key}`);
  value.update({ count: key, text: String(key).padStart(Number(valueBytes), 'x') });
}
for (let key = 0; key < keys; key += 2) {
  backend.setCurrentKey(`user-${key}`);
  const known = value.value();
  if (known === undefined) throw new Error(`key ${key} is missing`);
  known.count++;
  value.update(known);
  if (key % 500 === 0) backend.maintain(1);
}
let sum = 0;
for (let key = 0; key < keys; key++) {
  backend.setCurrentKey(`user-${key}`);
  const known = value.value();
  if (known === undefined || !known.text.endsWith(String(key))) throw new Error(`key ${key} is wrong`);
  sum += known.count;
}
const size = backend.size;
backend.close();
process.stdout.write(JSON.stringify({ size, sum }));

// The same counts without Millrace: node oracle.mjs visits.ndjson per-user|per-five-seconds
import { readFileSync } from 'node:fs';

const [file, wanted] = process.argv.slice(2);
const visits = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const counts = new Map();
const count = (key) => counts.set(key, (counts.get(key) ?? 0) + 1).get(key);
if (wanted === 'per-user') for (const { user } of visits) console.log(JSON.stringify({ user, visits: count(user) }));
else {
  for (const { user, timestamp } of visits) count(JSON.stringify([user, timestamp - (timestamp % 5_000)]));
  for (const [key, number] of counts) {
    const [user, windowStart] = JSON.parse(key);
    console.log(JSON.stringify({ user, windowStart, windowEnd: windowStart + 5_000, visits: number }));
  }
}

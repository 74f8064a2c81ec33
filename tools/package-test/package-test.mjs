// npm run test:package: packs the packages, checks the tarballs, and uses them from an empty folder as a stranger would.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finish } from '../lib/finish.mjs';
import { counts, duration } from '../lib/report.mjs';
import { attw, contentComplaints, publint } from './checks.mjs';
import { importEntries, install, oneEngine, runJob, typeCheck } from './consumer.mjs';
import { packAll } from './pack.mjs';

const folder = mkdtempSync(join(tmpdir(), 'millrace-package-'));
let passed = 0;
let failed = 0;

async function check(title, work) {
  const start = performance.now();
  const complaints = await Promise.resolve().then(work).catch((error) => [error.stack]);
  if (complaints.length === 0) passed += 1;
  else failed += 1;
  console.log(`${complaints.length === 0 ? 'ok  ' : 'FAIL'} ${title} in ${duration(performance.now() - start)}`);
  for (const complaint of complaints) console.log(complaint.replace(/^/gm, '  '));
  return complaints.length === 0;
}

try {
  const tarballs = join(folder, 'tarballs');
  const user = join(folder, 'user');
  mkdirSync(tarballs);
  let packed = [];
  await check('npm pack', async () => {
    packed = await packAll(tarballs);
    return packed.flatMap(contentComplaints);
  });
  for (const one of packed) {
    await check(`${one.name}: publint`, () => publint(one));
    await check(`${one.name}: types for users (attw)`, () => attw(one));
  }
  if (packed.length > 0 && (await check('installed in an empty folder', () => install(user, packed)))) {
    await check('every entry can be imported', () => importEntries(user));
    await check('the entries are one engine, and its errors name the line of the user', () => oneEngine(user));
    await check("a user's job compiles with skipLibCheck: false", () => typeCheck(user));
    await check('npx millrace run', () => runJob(user));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
finish(counts(passed, failed));

// npm run build: compiles the packages into their `dist` folders, and bundles what is published of them.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY } from '../lib/paths.mjs';
import { runBin } from '../lib/run.mjs';
import { BUNDLE_FOLDER, bundlePackages } from './bundle.mjs';

/** Removes what an earlier build left in `dist` of sources that are gone, so that it is neither imported nor shipped. */
export function sweep(packageFolder) {
  const dist = join(packageFolder, 'dist');
  if (!existsSync(dist)) return [];
  const removed = [];
  for (const entry of readdirSync(dist, { recursive: true })) {
    if (entry.startsWith(`${BUNDLE_FOLDER}${sep}`)) continue;
    const stem = entry.replace(/\.(d\.ts|js)(\.map)?$/, '');
    if (stem === entry || existsSync(join(packageFolder, 'src', `${stem}.ts`))) continue;
    rmSync(join(dist, entry));
    removed.push(entry);
  }
  // Without its record of the last build the compiler writes everything anew.
  if (removed.length > 0) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  return removed;
}

/** Builds all packages; what is up to date is left alone. */
export async function build(root = REPOSITORY) {
  const packages = join(root, 'packages');
  for (const name of readdirSync(packages)) sweep(join(packages, name));
  const compiled = await runBin('typescript', 'tsc', ['-b', '--pretty', 'false'], { cwd: root });
  if (compiled.code !== 0) return compiled;
  try {
    await bundlePackages(root);
    return compiled;
  } catch (error) {
    return { ...compiled, code: 1, stderr: `${compiled.stderr}${error.message}\n` };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { code, stdout, stderr } = await build();
  process.stderr.write(stdout + stderr);
  process.exitCode = code === 0 ? 0 : 1;
}

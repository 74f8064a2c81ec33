import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';
import { npm } from '../lib/run.mjs';

/** The packages that are published, with their folder and what `package.json` says. */
export function publishedPackages(root = REPOSITORY) {
  const packages = join(root, 'packages');
  return readdirSync(packages)
    .map((name) => ({ folder: join(packages, name), manifest: JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => manifest.private !== true);
}

/** Packs the packages into `folder`; resolves to `{ name, version, tarball, files }` for each. */
export async function packAll(folder) {
  const published = publishedPackages();
  const { code, stdout, stderr } = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...published.map((one) => one.folder)]);
  if (code !== 0) throw new Error(`npm pack failed:\n${stderr}`);
  const entries = Object.values(JSON.parse(stdout));
  return published.map(({ manifest }) => {
    const entry = entries.find(({ name }) => name === manifest.name);
    return { name: manifest.name, version: manifest.version, tarball: join(folder, entry.filename), files: entry.files.map(({ path }) => path), manifest };
  });
}

import { runBin } from '../lib/run.mjs';

/** What must be in a package and what must not; gives complaints. */
export function contentComplaints({ name, files, manifest }) {
  const has = new Set(files);
  const complaints = [];
  const targets = Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)));
  for (const target of [...targets, ...Object.values(manifest.bin ?? {})]) if (!has.has(target.replace(/^\.\//, ''))) complaints.push(`${name} names ${target}, which is not in the package`);
  for (const file of files) if (/\.test[.-]|tsbuildinfo|^src\//.test(file)) complaints.push(`${name} ships ${file}`);
  if (files.some((file) => file.startsWith('dist/bundle/'))) for (const file of files) if (/^dist\/(?!bundle\/).+\/.+\.js$/.test(file)) complaints.push(`${name} ships ${file} beside its bundles: a module would exist twice`);
  for (const file of ['LICENSE', 'README.md']) if (!has.has(file)) complaints.push(`${name} ships no ${file}`);
  for (const script of ['preinstall', 'install', 'postinstall']) if (manifest.scripts?.[script]) complaints.push(`${name} has an install script`);
  return complaints;
}

/** publint on a tarball. */
export async function publint({ tarball }) {
  return outcome(await runBin('publint', 'publint', ['run', tarball, '--strict']));
}

/** "Are the types wrong?" on a tarball, for a package that is ESM only. */
export async function attw({ tarball }) {
  return outcome(await runBin('@arethetypeswrong/cli', 'attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji', '--no-definitely-typed']));
}

const outcome = ({ code, stdout, stderr }) => (code === 0 ? [] : [`${stdout}${stderr}`.trim()]);

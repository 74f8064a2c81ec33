import { describe, expect, it } from 'vitest';
import type { Platform } from '../base/platform.js';
import type { ManifestFile } from '../checkpoint/manifest.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { EncryptionKeys } from './encryption.js';
import { StateFileReader } from './state-file-reader.js';
import { LARGEST_HASHED_FILE, StateFileWriter } from './state-file-writer.js';

const PIECE_BYTES = 64 * 1024;

/** Writes a file of so many bytes, in pieces that do not fill it evenly. */
function written(platform: Platform, size: number, keys: EncryptionKeys): ManifestFile {
  platform.files.makeDirectory('/state');
  const writer = new StateFileWriter(platform, { directory: '/state', name: `state-${size}.bin`, job: 'orders' }, keys);
  for (let at = 0; at < size; at += PIECE_BYTES) writer.append(new Uint8Array(Math.min(PIECE_BYTES, size - at)).map((_, index) => at + index * 7));
  return writer.finish();
}

function readerOf(platform: Platform, file: ManifestFile, keys: EncryptionKeys): StateFileReader {
  return new StateFileReader(platform, { directory: '/state', job: 'orders', checkpointId: 1 }, file, keys);
}

describe('a state file', () => {
  it('has a SHA-256 up to a megabyte, as older engines want it, and a GMAC beyond', () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const keys = new EncryptionKeys(platform, {});
    expect(written(platform, LARGEST_HASHED_FILE, keys)).toEqual({ name: expect.any(String), size: LARGEST_HASHED_FILE, sha256: expect.any(String) });
    expect(written(platform, LARGEST_HASHED_FILE + 1, keys)).toEqual({ name: expect.any(String), size: LARGEST_HASHED_FILE + 1, gmac: expect.any(String) });
  });

  it('has a SHA-256 when it is encrypted, whatever its size', () => {
    const platform = new SimulatedPlatform({ seed: 1, environment: { MILLRACE_KEY_A: '1'.repeat(64) } });
    const keys = new EncryptionKeys(platform, { keyId: 'A' });
    const file = written(platform, LARGEST_HASHED_FILE + 1, keys);
    expect(file).toMatchObject({ sha256: expect.any(String), seal: expect.any(Object) });
    expect(file).not.toHaveProperty('gmac');
    readerOf(platform, file, keys).verify();
  });

  it('is refused when a bit of it is another, with either', () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const keys = new EncryptionKeys(platform, {});
    for (const size of [LARGEST_HASHED_FILE, LARGEST_HASHED_FILE + 1]) {
      const file = written(platform, size, keys);
      readerOf(platform, file, keys).verify();
      const path = `/state/${file.name}`;
      const right = platform.files.readFile(path);
      for (const at of [0, 12_345, size - 1]) {
        const bytes = new Uint8Array(right);
        bytes[at]! ^= 0x10;
        platform.files.writeFile(path, bytes);
        expect(() => readerOf(platform, file, keys).verify()).toThrow(expect.objectContaining({ code: 'MR-2402' }));
      }
      platform.files.writeFile(path, right);
      expect(() => readerOf(platform, { name: file.name, size }, keys).verify()).toThrow(expect.objectContaining({ code: 'MR-2402' }));
    }
  });
});

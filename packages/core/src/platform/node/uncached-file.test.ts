import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { concatBytes } from '../../base/bytes.js';
import { DiskFull } from '../../base/platform-errors.js';
import { createUncached } from './uncached-file.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-uncached-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Another system or file system may not have it; ext4 and xfs do. */
const probe = createUncached(join(folder, 'probe'));
probe?.abandon();

describe('a file past the system\'s cache', () => {
  it.runIf(probe !== undefined)('holds what was added, whatever the sizes', () => {
    const path = join(folder, 'file');
    const size = fc.oneof(fc.nat(20), fc.nat(5000), fc.constantFrom(4096, 256 * 1024, 256 * 1024 - 1, 600_001));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 6 }), (sizes) => {
        const pieces = sizes.map((length, number) => new Uint8Array(length).map((_, at) => at * 7 + number));
        const file = createUncached(path)!;
        for (const piece of pieces) file.append(piece);
        file.finish();
        file.abandon();
        expect(Buffer.compare(readFileSync(path), concatBytes(pieces))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it.runIf(probe !== undefined)('can be given up, with what it holds', () => {
    const path = join(folder, 'given-up');
    const file = createUncached(path)!;
    file.append(new Uint8Array(300_000));
    file.abandon();
    file.abandon();
    expect(existsSync(path)).toBe(true);
    rmSync(path);
  });

  it.runIf(probe !== undefined)('says in coded errors that it cannot be written', () => {
    const file = createUncached(join(folder, 'lost'))!;
    rmSync(join(folder, 'lost'));
    file.append(new Uint8Array(10));
    expect(() => file.finish()).toThrow(expect.objectContaining({ code: 'MR-2801' }));
  });

  it.runIf(probe !== undefined && existsSync('/dev/full'))('says that the disk is full when that is found at the end', () => {
    const path = join(folder, 'full');
    const file = createUncached(path)!;
    rmSync(path);
    symlinkSync('/dev/full', path);
    file.append(new Uint8Array(10));
    expect(() => file.finish()).toThrow(expect.objectContaining({ code: DiskFull.code }));
    file.abandon();
  });

  it('is not there where the ordinary way has to say what is wrong', () => {
    expect(createUncached(join(folder, 'no', 'such', 'folder'))).toBe(undefined);
    expect(createUncached(folder)).toBe(undefined);
  });
});

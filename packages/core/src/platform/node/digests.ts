import { type CipherGCM, createCipheriv, createDecipheriv, createHash, type Hash } from 'node:crypto';
import { crc32, gunzipSync, gzipSync } from 'node:zlib';
import { assert } from '../../base/assert.js';
import { createGunzipStream } from '../../base/gunzip.js';
import { CompressedDataDamaged, CompressedDataTooLarge, SealBroken } from '../../base/platform-errors.js';
import type { Digests, Gmac, Sealing, Sha256 } from '../../base/platform-digests.js';
import { systemCode } from './file-errors.js';

const ALGORITHM = 'aes-256-gcm';
const TAG_BYTES = 16;
/** No secret: a check of what lies on a disk needs none. It is part of the format. */
const GMAC_KEY = Buffer.from('millrace.files.1', 'latin1');
const GMAC_NONCE = Buffer.alloc(12);

/** Digests by the runtime's native code. They depend on their input only, so the simulated platform uses them as well. */
export const nodeDigests: Digests = Object.freeze({
  sha256: (): Sha256 => new NodeSha256(),
  gmac: (): Gmac => new NodeGmac(),
  crc32: (bytes: Uint8Array, before: number): number => crc32(bytes, before),
  gzip: (bytes: Uint8Array, level: number = 6): Uint8Array => plain(gzipSync(bytes, { level })),
  gunzip,
  gunzipStream: () => createGunzipStream(),
  seal,
  open,
});

class NodeSha256 implements Sha256 {
  readonly #hash: Hash;

  constructor() {
    this.#hash = createHash('sha256');
  }

  update(bytes: Uint8Array): Sha256 {
    this.#hash.update(bytes);
    return this;
  }

  digest(): Uint8Array {
    return plain(this.#hash.digest());
  }
}

class NodeGmac implements Gmac {
  readonly #cipher: CipherGCM;

  constructor() {
    this.#cipher = createCipheriv('aes-128-gcm', GMAC_KEY, GMAC_NONCE);
  }

  update(bytes: Uint8Array): Gmac {
    this.#cipher.setAAD(bytes);
    return this;
  }

  digest(): Uint8Array {
    this.#cipher.final();
    return plain(this.#cipher.getAuthTag());
  }
}

function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return plain(gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw CompressedDataTooLarge.error({ what: `unpacking passed the limit of ${maxBytes} bytes`, cause: error });
    throw CompressedDataDamaged.error({ what: `unpacking ${bytes.length} bytes failed (${code})`, cause: error });
  }
}

function seal(bytes: Uint8Array, sealing: Sealing): Uint8Array {
  checkSealing(sealing);
  const cipher = createCipheriv(ALGORITHM, sealing.key, sealing.nonce);
  if (sealing.associatedData !== undefined) cipher.setAAD(sealing.associatedData);
  return plain(Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]));
}

function open(sealed: Uint8Array, sealing: Sealing): Uint8Array {
  checkSealing(sealing);
  if (sealed.length < TAG_BYTES) throw SealBroken.error({ what: `${sealed.length} sealed bytes are too few to hold their tag` });
  const decipher = createDecipheriv(ALGORITHM, sealing.key, sealing.nonce, { authTagLength: TAG_BYTES });
  if (sealing.associatedData !== undefined) decipher.setAAD(sealing.associatedData);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return plain(Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]));
  } catch (error) {
    throw SealBroken.error({ what: `${sealed.length} sealed bytes failed their authentication`, cause: error });
  }
}

function checkSealing(sealing: Sealing): void {
  assert(sealing.key.length === 32, 'a key of AES-256 has 32 bytes');
  assert(sealing.nonce.length === 12, 'a nonce of AES-GCM has 12 bytes');
}

function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

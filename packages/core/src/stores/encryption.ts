import { encodeUtf8, equalBytes, fromHex, toHex } from '../base/bytes.js';
import type { Platform } from '../base/platform.js';
import type { Secret } from '../base/secret.js';
import type { ManifestEncryption } from '../checkpoint/manifest.js';
import { EncryptionKeyInvalid, EncryptionKeyMissing, EncryptionKeyWrong } from './errors.js';
import { deriveKey, hmacSha256, KEY_BYTES } from './keyed-hash.js';

/** Prefix of the environment variables that hold keys: `MILLRACE_KEY_2026A` for the key with the id `2026a`. */
export const KEY_VARIABLE_PREFIX = 'MILLRACE_KEY_';

const KEY_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** Bytes of the check value that tells a wrong key from damage. */
const CHECK_BYTES = 8;
const SALT_BYTES = 16;

/** What checkpoints are encrypted with, and what older ones were. */
export interface EncryptionSettings {
  /** Id of the key that new files are written with; nothing is encrypted without it. */
  readonly keyId?: string | undefined;
  /** Keys by id, 32 bytes as 64 hexadecimal digits or as base64; what is not here is looked for in the environment. */
  readonly keys?: Readonly<Record<string, Secret>> | undefined;
}

/**
 * The keys of checkpoints. A key is known by its id, which stands in manifests; the key itself comes from a secret or from
 * the environment, is looked up when a file needs it, and is written nowhere. What a file is encrypted with is derived
 * from it, its salt and its purpose, so that no two files share a key.
 */
export class EncryptionKeys {
  /** The key for new files; undefined: they are written plain. */
  readonly keyId: string | undefined;
  readonly #platform: Platform;
  readonly #keys: Readonly<Record<string, Secret>>;

  constructor(platform: Platform, settings: EncryptionSettings = {}) {
    if (settings.keyId !== undefined && !KEY_ID.test(settings.keyId)) {
      throw EncryptionKeyInvalid.error({ what: `"${settings.keyId.slice(0, 80)}" cannot be the id of a key`, why: 'an id has letters, digits, _ and -, 64 at most' });
    }
    this.keyId = settings.keyId;
    this.#platform = platform;
    this.#keys = settings.keys ?? {};
  }

  /** Throws at once when the key for new files is missing or malformed: a job must not run for a while first. */
  assertUsable(): void {
    if (this.keyId !== undefined) this.#mainKey(this.keyId, undefined);
  }

  /** What the manifest of new files says: a salt of its own, and a value to know a wrong key by. */
  newEncryption(): ManifestEncryption | undefined {
    if (this.keyId === undefined) return undefined;
    const salt = toHex(this.newSalt());
    return { keyId: this.keyId, salt, check: toHex(this.#checkOf(this.keyId, salt, undefined)) };
  }

  /** Sixteen random bytes. */
  newSalt(): Uint8Array {
    const salt = new Uint8Array(SALT_BYTES);
    this.#platform.random.fill(salt);
    return salt;
  }

  /** Throws when the key that is there under this id is another one than that the manifest was written with. */
  assertRight(encryption: ManifestEncryption, file: string): void {
    const check = this.#checkOf(encryption.keyId, encryption.salt, file);
    if (equalBytes(check, fromHex(encryption.check))) return;
    throw EncryptionKeyWrong.error({ what: `the key "${encryption.keyId}" that is given is not the one that was used`, where: { file } });
  }

  /** The seal of a manifest's text: who does not have the key cannot make it. */
  sealOf(encryption: ManifestEncryption, text: string): string {
    const key = this.fileKey(encryption.keyId, encryption.salt, 'manifest', undefined);
    return toHex(hmacSha256(this.#platform.digests, key, encodeUtf8(text)));
  }

  /** The key of one file; `salt` is hexadecimal. */
  fileKey(keyId: string, salt: string, purpose: string, file: string | undefined): Uint8Array {
    return deriveKey(this.#platform.digests, this.#mainKey(keyId, file), fromHex(salt), encodeUtf8(`millrace checkpoint\n${purpose}`));
  }

  #checkOf(keyId: string, salt: string, file: string | undefined): Uint8Array {
    return this.fileKey(keyId, salt, 'check', file).subarray(0, CHECK_BYTES);
  }

  #mainKey(keyId: string, file: string | undefined): Uint8Array {
    const given = Object.hasOwn(this.#keys, keyId) ? this.#keys[keyId] : undefined;
    const variable = variableOf(keyId);
    const text = given === undefined ? this.#platform.process.environment(variable) : given.reveal(this.#platform.process);
    const where = file === undefined ? {} : { where: { file } };
    if (text === undefined || text === '') {
      throw EncryptionKeyMissing.error({ what: `the key "${keyId}" is not given: the environment variable ${variable} is not set`, ...where });
    }
    const key = keyFromText(text.trim());
    if (key !== undefined) return key;
    throw EncryptionKeyInvalid.error({ what: `the key "${keyId}" (${given?.source ?? `environment variable ${variable}`}) is not 32 bytes in hexadecimal or base64`, ...where });
  }
}

/** The environment variable of a key: letters in upper case, all but letters and digits as `_`. */
export function variableOf(keyId: string): string {
  return `${KEY_VARIABLE_PREFIX}${keyId.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

function keyFromText(text: string): Uint8Array | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return fromHex(text.toLowerCase());
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  return fromBase64(text.replace('=', ''));
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** 43 letters, usual or for URLs, are 32 bytes and two bits left over. */
function fromBase64(text: string): Uint8Array {
  const bytes = new Uint8Array(KEY_BYTES);
  let bits = 0;
  let value = 0;
  let at = 0;
  for (const letter of text.replaceAll('-', '+').replaceAll('_', '/')) {
    value = ((value << 6) | BASE64.indexOf(letter)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (value >> bits) & 0xff;
  }
  return bytes;
}

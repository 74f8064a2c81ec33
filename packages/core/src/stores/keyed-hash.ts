/** HMAC and HKDF over SHA-256 (RFC 2104, RFC 5869), built on the platform's digest. */
import { concatBytes } from '../base/bytes.js';
import type { Digests } from '../base/platform-digests.js';

const BLOCK_BYTES = 64;
/** What HMAC and HKDF give here: one SHA-256. */
export const KEY_BYTES = 32;

/** HMAC-SHA256: 32 bytes. */
export function hmacSha256(digests: Digests, key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? digests.sha256().update(key).digest() : key);
  const inner = digests.sha256().update(block.map((byte) => byte ^ 0x36)).update(message).digest();
  return digests.sha256().update(block.map((byte) => byte ^ 0x5c)).update(inner).digest();
}

/** HKDF-SHA256 with one block of output: a key of 32 bytes for one purpose, of which nothing of the main key can be learnt. */
export function deriveKey(digests: Digests, mainKey: Uint8Array, salt: Uint8Array, purpose: Uint8Array): Uint8Array {
  const extracted = hmacSha256(digests, salt, mainKey);
  return hmacSha256(digests, extracted, concatBytes([purpose, Uint8Array.of(1)]));
}

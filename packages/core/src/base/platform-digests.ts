/** A SHA-256 that grows with the data. */
export interface Sha256 {
  /** Adds bytes; they are read before the call returns. Returns itself. */
  update(bytes: Uint8Array): Sha256;
  /** The 32 bytes. The last call: the hash takes no more. */
  digest(): Uint8Array;
}

/**
 * The check of a large file: 128 bits that grow with the data. It finds any damage as surely as a cryptographic hash of that length and costs a
 * twentieth of one; but whoever knows how it is made can forge it, so it is for files that nobody has sealed.
 */
export interface Gmac {
  /** Adds bytes; they are read before the call returns. Returns itself. */
  update(bytes: Uint8Array): Gmac;
  /** The 16 bytes. The last call: the check takes no more. */
  digest(): Uint8Array;
}

/** What to encrypt or decrypt with AES-256-GCM. */
export interface Sealing {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes, never used twice with one key: from `Random.fill`, or a counter. */
  readonly nonce: Uint8Array;
  /** Bytes that are not secret but must be the same when opening, e.g. the file's name. */
  readonly associatedData?: Uint8Array;
}

/**
 * Unpacks a gzip file piece by piece, synchronously, so that a file source knows how far it got. Several members in a
 * row (as `cat a.gz b.gz` makes) are one content. Memory stays bounded however well the data were packed.
 */
export interface GunzipStream {
  /** Gives the next packed bytes, which must not change until they are used up. Only when `read` returned nothing. */
  feed(packed: Uint8Array): void;
  /** Says that no more packed bytes come. A `read` then throws `CompressedDataDamaged` if the data stop in the middle. */
  end(): void;
  /** The next unpacked bytes, at most 64 KiB, valid until the next call; empty when it needs `feed`, or after the end. */
  read(): Uint8Array;
}

/** Computations over bytes that a platform does natively. CRC32C and murmur3 are our own: `crc32c.ts`, `murmur3.ts`. */
export interface Digests {
  sha256(): Sha256;
  /** The tag that AES-128-GCM gives associated data, with the key `millrace.files.1` and a nonce of zeros. */
  gmac(): Gmac;
  /** The checksum of gzip, continued from `before` (0 at the beginning): `gzipCrc32`, in a third of its time. */
  crc32(bytes: Uint8Array, before: number): number;
  /** Packs in one go; level 1 (fast) to 9 (small), 6 unless given. The same input gives the same bytes on one platform. */
  gzip(bytes: Uint8Array, level?: number): Uint8Array;
  /** Unpacks in one go; `CompressedDataDamaged` for bad data, `CompressedDataTooLarge` above `maxBytes`. */
  gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array;
  /** Unpacks piece by piece. */
  gunzipStream(): GunzipStream;
  /** AES-256-GCM: the ciphertext followed by the 16 bytes of its tag. */
  seal(plain: Uint8Array, sealing: Sealing): Uint8Array;
  /** The plain bytes; throws `SealBroken` when key, nonce, associated data or a single bit is another. */
  open(sealed: Uint8Array, sealing: Sealing): Uint8Array;
}

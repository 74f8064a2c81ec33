import { SnapshotDamaged } from '../errors.js';
import { TAG } from './tags.js';

/** Bytes of a namespace in a stream of records. */
const NAMESPACE_BYTES = 16;

/**
 * Where the next record of a stream whose records all have one tag begins, behind that tag; -1 at the end. Namespaces in between are passed over. Throws MR-1305 (`SnapshotDamaged`)
 * at any other tag, and where a namespace is cut off.
 */
export function nextRecord(bytes: Uint8Array, from: number, expected: number): number {
  let at = from;
  for (; at < bytes.length; at += NAMESPACE_BYTES + 1) {
    const tag = bytes[at];
    if (tag === expected) return at + 1;
    if (tag !== TAG.namespace) throw SnapshotDamaged.error({ what: `a record has the tag ${tag} where ${expected} is the only one` });
  }
  if (at > bytes.length) throw SnapshotDamaged.error({ what: 'the namespace of a record is cut off' });
  return -1;
}

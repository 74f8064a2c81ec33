import { ByteReader, type ByteWriter } from '../../base/bytes.js';
import { MillraceError } from '../../base/errors.js';
import { firstChunk, unwrapBlob } from '../../record/chunked-blob.js';
import { FormatUnknown } from '../../record/errors.js';
import { SnapshotDamaged, SnapshotFormatUnknown } from '../errors.js';
import type { StateMeta } from './state-meta.js';

/** The format of the contents (decision 0003); raised with every change that an older reader would misread. */
const FORMAT_VERSION = 1;
/** Stands for the key group where a blob holds what belongs to the subtask, not to keys. */
export const OPERATOR_PART = -1;

/** What a blob says about itself. */
export interface BlobHeader {
  readonly operatorUid: string;
  /** The key group, or {@link OPERATOR_PART}. */
  readonly keyGroup: number;
  readonly kind: 'base' | 'delta';
  readonly maxParallelism: number;
  readonly checkpointId: number;
  /** The operator's watermark when the snapshot began. */
  readonly watermark: number;
  /** The description of the type of keys. Neither it nor `states` is changed while blobs with it are written. */
  readonly keyType: unknown;
  readonly states: readonly StateMeta[];
}

/** One state's records in a blob. */
export interface BlobSection {
  readonly state: StateMeta;
  readonly removed: Uint8Array;
  readonly entries: Uint8Array;
}

/** A blob taken apart, with its checksums verified; the records are still bytes. */
export interface ParsedBlob {
  readonly header: BlobHeader;
  readonly sections: readonly BlobSection[];
}

/** Where a blob is expected to belong, for the error when it does not. */
export interface BlobPlace {
  readonly operatorUid: string;
  readonly keyGroup: number;
}

/** Writes what a blob's contents begin with. */
export function writeHeader(header: BlobHeader, writer: ByteWriter): void {
  writer.u16(FORMAT_VERSION);
  writer.string(header.operatorUid);
  writer.i32(header.keyGroup);
  writer.u8(header.kind === 'base' ? 0 : 1);
  writer.varint32(header.maxParallelism);
  writer.f64(header.checkpointId);
  writer.f64(header.watermark);
  writer.string(descriptionOf(header));
}

/** The description that was made last: all key groups of a snapshot have the same. */
let made: { readonly keyType: unknown; readonly states: readonly StateMeta[]; readonly text: string } | null = null;

function descriptionOf({ keyType, states }: BlobHeader): string {
  if (made === null || made.keyType !== keyType || made.states !== states) made = { keyType, states, text: JSON.stringify({ keyType, states }) };
  return made.text;
}

/** Verifies a blob and takes it apart. Every damage is a coded error that names the operator and key group. */
export function parseBlob(bytes: Uint8Array, place: BlobPlace): ParsedBlob {
  return namingPlace(place, () => {
    const reader = new ByteReader(unwrapBlob(bytes));
    const header = readHeader(reader, place);
    const sections: BlobSection[] = [];
    for (let count = reader.varint32(); count > 0; count--) {
      const state = header.states[reader.varint32()];
      if (state === undefined) throw damaged(place, 'a section belongs to no state');
      sections.push({ state, removed: reader.sizedBytes(), entries: reader.sizedBytes() });
    }
    if (reader.remaining > 0) throw damaged(place, `${reader.remaining} bytes are left over`);
    return { header, sections };
  });
}

/**
 * What a blob says about itself, from its first bytes; undefined when they do not hold all of it. Only the chunk that it
 * lies in is verified. Throws as `parseBlob`.
 */
export function parseBlobHeader(beginning: Uint8Array, place: BlobPlace): BlobHeader | undefined {
  return namingPlace(place, () => {
    const chunk = firstChunk(beginning);
    if (chunk === undefined) return undefined;
    const reader = new ByteReader(chunk);
    try {
      return readHeader(reader, place);
    } catch (error) {
      if (SnapshotFormatUnknown.is(error) || SnapshotDamaged.is(error)) throw error;
      // A description of states that is longer than a chunk: whoever asks reads the whole blob.
      return undefined;
    }
  });
}

/** Gives what goes wrong inside the name of the state that it belongs to. */
function namingPlace<T>(place: BlobPlace, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (SnapshotFormatUnknown.is(error) || SnapshotDamaged.is(error)) throw error;
    if (FormatUnknown.is(error)) throw unknownFormat(place, error.what);
    throw damaged(place, error instanceof MillraceError ? error.what : 'its contents cannot be read', error);
  }
}

/** The error for bytes that no writer makes. */
export function damaged(place: BlobPlace, why: string, cause?: unknown): MillraceError {
  return SnapshotDamaged.error({
    what: `the state of ${placeText(place)} cannot be read`,
    why,
    where: { operator: place.operatorUid },
    ...(cause === undefined ? {} : { cause }),
  });
}

function unknownFormat(place: BlobPlace, why: string): MillraceError {
  return SnapshotFormatUnknown.error({ what: `the state of ${placeText(place)} cannot be read: ${why}`, where: { operator: place.operatorUid } });
}

/** An operator and key group in words. */
export function placeText(place: BlobPlace): string {
  const part = place.keyGroup === OPERATOR_PART ? 'the operator part' : `key group ${place.keyGroup}`;
  return `operator "${place.operatorUid}", ${part}`;
}

function readHeader(reader: ByteReader, place: BlobPlace): BlobHeader {
  const version = reader.u16();
  if (version !== FORMAT_VERSION) {
    throw unknownFormat(place, `its contents have format ${version}; this version of Millrace reads ${FORMAT_VERSION}`);
  }
  const operatorUid = reader.string();
  const keyGroup = reader.i32();
  const kind = reader.u8() === 0 ? 'base' : 'delta';
  const maxParallelism = reader.varint32();
  const checkpointId = reader.f64();
  const watermark = reader.f64();
  const { keyType, states } = JSON.parse(reader.string()) as { keyType: unknown; states: readonly StateMeta[] };
  if (operatorUid !== place.operatorUid || keyGroup !== place.keyGroup) {
    throw damaged(place, `it is the state of ${placeText({ operatorUid, keyGroup })}: files were swapped`);
  }
  return { operatorUid, keyGroup, kind, maxParallelism, checkpointId, watermark, keyType, states };
}

import { ByteReader } from '../../base/bytes.js';
import type { Namespace } from '../backend.js';
import { SnapshotDamaged } from '../errors.js';
import type { BlobSection } from './key-group-blob.js';
import { TAG } from './tags.js';

/** Reads one value. */
export interface ValueReader {
  decode(reader: ByteReader): unknown;
}

/** What reads the parts of a section's records. */
export interface SectionReaders {
  readonly key: ValueReader;
  /** Of map entries and broadcast states; undefined for other kinds. */
  readonly mapKey: ValueReader | undefined;
  readonly value: ValueReader;
}

/** Takes the records of a section, removals first. Times are NaN in states without time to live. */
export interface SectionVisitor {
  removeKey(namespace: Namespace, key: unknown): void;
  dropNamespace(namespace: Namespace): void;
  removeMapEntry(namespace: Namespace, key: unknown, mapKey: unknown): void;
  removeTimer(namespace: Namespace | null, key: unknown, time: number): void;
  value(namespace: Namespace, key: unknown, time: number, value: unknown): void;
  /** Elements of a list: `replaces` says that they are its first, else they follow those that are there. */
  list(namespace: Namespace, key: unknown, replaces: boolean, items: unknown[], times: number[]): void;
  /** So many entries of the map of a key follow. */
  map(namespace: Namespace, key: unknown, count: number): void;
  mapEntry(namespace: Namespace, key: unknown, mapKey: unknown, time: number, value: unknown): void;
  timer(namespace: Namespace | null, key: unknown, time: number, sequence: number): void;
  elements(items: unknown[]): void;
}

/** Reads all records of a section, in the order in which they are to be applied. */
export function readSection(section: BlobSection, readers: SectionReaders, visitor: SectionVisitor): void {
  const timed = section.state.ttl !== null;
  const whole = section.state.kind === 'broadcast';
  const keys = whole && readers.mapKey !== undefined ? { ...readers, key: readers.mapKey } : readers;
  readRecords(section.removed, keys, timed, visitor);
  readRecords(section.entries, keys, timed, visitor);
}

function readRecords(bytes: Uint8Array, readers: SectionReaders, timed: boolean, visitor: SectionVisitor): void {
  const reader = new ByteReader(bytes);
  let namespace: Namespace = Object.freeze({ start: 0, end: 0 });
  while (reader.remaining > 0) {
    const tag = reader.u8();
    if (tag === TAG.namespace) namespace = Object.freeze({ start: reader.f64(), end: reader.f64() });
    else readRecord(tag, reader, { namespace, readers, timed }, visitor);
  }
}

interface RecordContext {
  readonly namespace: Namespace;
  readonly readers: SectionReaders;
  readonly timed: boolean;
}

function readRecord(tag: number, reader: ByteReader, { namespace, readers, timed }: RecordContext, visitor: SectionVisitor): void {
  switch (tag) {
    case TAG.removeKey:
      return visitor.removeKey(namespace, readers.key.decode(reader));
    case TAG.dropNamespace:
      return visitor.dropNamespace(namespace);
    case TAG.removeMapEntry: {
      const key = readers.key.decode(reader);
      return visitor.removeMapEntry(namespace, key, readers.mapKey!.decode(reader));
    }
    case TAG.removeTimer: {
      const key = readers.key.decode(reader);
      const time = reader.f64();
      return visitor.removeTimer(reader.u8() === 0 ? null : namespace, key, time);
    }
    case TAG.value: {
      const key = readers.key.decode(reader);
      const time = timed ? reader.f64() : NaN;
      return visitor.value(namespace, key, time, readers.value.decode(reader));
    }
    case TAG.listReplace:
    case TAG.listAppend:
      return readList(tag === TAG.listReplace, reader, { namespace, readers, timed }, visitor);
    case TAG.mapEntries: {
      const key = readers.key.decode(reader);
      const entries = reader.varint53();
      visitor.map(namespace, key, entries);
      for (let count = entries; count > 0; count--) {
        const mapKey = readers.mapKey!.decode(reader);
        const time = timed ? reader.f64() : NaN;
        visitor.mapEntry(namespace, key, mapKey, time, readers.value.decode(reader));
      }
      return;
    }
    case TAG.timer: {
      const key = readers.key.decode(reader);
      const time = reader.f64();
      const sequence = reader.varint53();
      return visitor.timer(reader.u8() === 0 ? null : namespace, key, time, sequence);
    }
    case TAG.elements: {
      const items: unknown[] = [];
      for (let count = reader.varint53(); count > 0; count--) items.push(readers.value.decode(reader));
      return visitor.elements(items);
    }
    default:
      throw SnapshotDamaged.error({ what: `a record has the unknown tag ${tag}` });
  }
}

function readList(replaces: boolean, reader: ByteReader, { namespace, readers, timed }: RecordContext, visitor: SectionVisitor): void {
  const key = readers.key.decode(reader);
  const items: unknown[] = [];
  const times: number[] = [];
  for (let count = reader.varint53(); count > 0; count--) {
    if (timed) times.push(reader.f64());
    items.push(readers.value.decode(reader));
  }
  visitor.list(namespace, key, replaces, items, times);
}

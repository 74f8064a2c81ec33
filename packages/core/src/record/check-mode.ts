/**
 * Check mode: finds values that are changed after they were emitted or stored. Freezing makes the change an error where
 * it happens; a hash finds it where freezing cannot (contents of maps, sets and typed arrays, dates, state values).
 */
import { ByteWriter } from '../base/bytes.js';
import { murmur3 } from '../base/murmur3.js';
import { DYNAMIC_TAG, writeDynamic } from './codec/dynamic-value.js';
import { isDomainLeaf, MAX_NESTING } from './value-domain.js';

/** What was frozen through and through before; survives no longer than the values. */
const frozen = new WeakSet<object>();

/**
 * Freezes a value with everything in it, and returns it. Typed arrays and buffers cannot be frozen and are left as they
 * are; the contents of maps and sets are frozen, but entries can still be added. Values that contain themselves are fine.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !frozen.has(value)) freezeObject(value);
  return value;
}

function freezeObject(value: object): void {
  frozen.add(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
  Object.freeze(value);
  if (value instanceof Map) {
    for (const [key, entry] of value as Map<unknown, unknown>) {
      deepFreeze(key);
      deepFreeze(entry);
    }
  } else if (value instanceof Set) {
    for (const entry of value as Set<unknown>) deepFreeze(entry);
  } else {
    for (const name of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[name]);
  }
}

/**
 * A 32-bit hash of a value: equal for equal values of the domain (in the same order of fields and entries), nearly
 * always different after a change. Instances of classes count by their class's name and fields. Never throws for a value
 * that contains itself or something outside the domain.
 */
export function valueHash(value: unknown): number {
  scratch.reset();
  hashInto(value, scratch, 0);
  return murmur3(scratch.view());
}

const scratch = new ByteWriter(1024);

function hashInto(value: unknown, writer: ByteWriter, level: number): void {
  if (typeof value === 'function' || typeof value === 'symbol') {
    writer.string(typeof value);
  } else if (typeof value !== 'object' || value === null || isDomainLeaf(value)) {
    writeDynamic(value, writer, 0);
  } else if (level < MAX_NESTING) {
    hashContainer(value, writer, level + 1);
  }
}

function hashContainer(value: object, writer: ByteWriter, level: number): void {
  if (value instanceof Map) {
    writer.u8(DYNAMIC_TAG.map);
    writer.varint53(value.size);
    for (const [key, entry] of value as Map<unknown, unknown>) {
      hashInto(key, writer, level);
      hashInto(entry, writer, level);
    }
    return;
  }
  if (value instanceof Set) {
    writer.u8(DYNAMIC_TAG.set);
    writer.varint53(value.size);
    for (const entry of value as Set<unknown>) hashInto(entry, writer, level);
    return;
  }
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  writer.string(typeof maker === 'function' ? maker.name : '');
  if (Array.isArray(value)) writer.varint53(value.length);
  for (const name of Object.keys(value)) {
    writer.string(name);
    hashInto((value as Record<string, unknown>)[name], writer, level);
  }
}

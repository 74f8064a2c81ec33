import { ProtobufLongUnsafe, ProtobufMalformed } from './errors.js';
import { type EnumNode, isInt64, type ScalarKind, type ScalarNode } from './message-node.js';
import { WireFault } from './wire-fault.js';
import { WIRE_FIXED32, WIRE_FIXED64, WIRE_SIZED, WIRE_VARINT, type WireTap } from './wire-tap.js';

/** Reads a value without parts. */
export type ScalarReader = (tap: WireTap) => unknown;

/** How values of a type stand in the bytes. */
export const WIRE_OF: Readonly<Record<ScalarKind | 'enum' | 'message', number>> = {
  int32: WIRE_VARINT, uint32: WIRE_VARINT, sint32: WIRE_VARINT, int64: WIRE_VARINT, uint64: WIRE_VARINT, sint64: WIRE_VARINT, bool: WIRE_VARINT, enum: WIRE_VARINT,
  fixed32: WIRE_FIXED32, sfixed32: WIRE_FIXED32, float: WIRE_FIXED32, fixed64: WIRE_FIXED64, sfixed64: WIRE_FIXED64, double: WIRE_FIXED64,
  string: WIRE_SIZED, bytes: WIRE_SIZED, message: WIRE_SIZED,
};

const READERS: Readonly<Record<Exclude<ScalarKind, `${string}64`>, ScalarReader>> = {
  int32: (tap) => tap.int32(),
  uint32: (tap) => tap.int32() >>> 0,
  sint32: (tap) => {
    const low = tap.varint();
    if (tap.high !== 0) throw new WireFault(ProtobufMalformed, `${tap.bigint(low, true)} does not fit 32 bits`);
    return (low >>> 1) ^ -(low & 1);
  },
  fixed32: (tap) => tap.fixed32(),
  sfixed32: (tap) => tap.fixed32() | 0,
  bool: (tap) => (tap.varint() | tap.high) !== 0,
  float: (tap) => tap.float(),
  double: (tap) => tap.double(),
  string: (tap) => tap.text(),
  bytes: (tap) => tap.bytes(),
};

type LongKind = Extract<ScalarKind, `${string}64`>;

/** A reader of its own for each type: one that calls another by a variable is slower by half. */
const NUMBERS: Readonly<Record<LongKind, ScalarReader>> = {
  int64: (tap) => safe(tap, tap.varint(), false),
  uint64: (tap) => safe(tap, tap.varint(), true),
  sint64: (tap) => safe(tap, tap.unzigzag(tap.varint()), false),
  fixed64: (tap) => safe(tap, tap.fixed64(), true),
  sfixed64: (tap) => safe(tap, tap.fixed64(), false),
};

const BIGINTS: Readonly<Record<LongKind, ScalarReader>> = {
  int64: (tap) => tap.bigint(tap.varint(), false),
  uint64: (tap) => tap.bigint(tap.varint(), true),
  sint64: (tap) => tap.bigint(tap.unzigzag(tap.varint()), false),
  fixed64: (tap) => tap.bigint(tap.fixed64(), true),
  sfixed64: (tap) => tap.bigint(tap.fixed64(), false),
};

/** The reader of a type without parts. It throws a {@link WireFault}. */
export function scalarReader({ kind, isBigint }: ScalarNode): ScalarReader {
  if (!isInt64(kind)) return READERS[kind];
  return isBigint ? BIGINTS[kind] : NUMBERS[kind];
}

/** The number whose lower half was read. */
function safe(tap: WireTap, low: number, unsigned: boolean): number {
  if (tap.high === 0) return low;
  const value = tap.number(low, unsigned);
  if (Number.isSafeInteger(value)) return value;
  throw new WireFault(ProtobufLongUnsafe, `${tap.bigint(low, unsigned)} is beyond 2^53`);
}

/** Reads names of an enum. A number without a name is its digits, or undefined where the enum is closed. */
export function enumReader({ names, closed }: EnumNode): ScalarReader {
  const known = new Map(names);
  return (tap) => {
    const number = tap.int32();
    const name = known.get(number);
    return name !== undefined || closed ? name : String(number);
  };
}

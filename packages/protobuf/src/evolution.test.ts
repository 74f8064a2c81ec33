import { ByteWriter, type MillraceError } from '@millrace/core/spi';
import fc from 'fast-check';
import protobufjs from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { checkReadable } from './compatible.js';
import { ProtobufIncompatible, ProtobufMalformed } from './errors.js';
import { type MessageNode, NodeMaker, type ScalarKind } from './message-node.js';
import { protobuf } from './protobuf.js';

const KINDS: readonly ScalarKind[] = ['int32', 'uint32', 'sint32', 'fixed32', 'sfixed32', 'int64', 'uint64', 'sint64', 'fixed64', 'sfixed64', 'bool', 'float', 'double', 'string', 'bytes'];
const schemaOf = (kind: ScalarKind, label: string): string => `syntax = "proto3"; message A { ${label} ${kind} v = 1; }`;
const nodeOf = (text: string): MessageNode => new NodeMaker({ longs: 'bigint', times: 'millis', fieldNames: 'camelCase' }).message(protobufjs.parse(text).root.resolveAll().lookupType('A'));

const signed = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n });
const unsigned = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });

function valuesOf(kind: ScalarKind): fc.Arbitrary<unknown> {
  if (kind === 'bool') return fc.boolean();
  if (kind === 'string') return fc.string();
  if (kind === 'bytes') return fc.string().map((text) => new TextEncoder().encode(text));
  if (kind === 'float') return fc.float({ noNaN: true });
  if (kind === 'double') return fc.double({ noNaN: true });
  const isUnsigned = kind.startsWith('u') || kind.startsWith('fixed');
  if (kind.endsWith('32')) return (isUnsigned ? unsigned(32) : signed(32)).map(Number);
  return fc.oneof(isUnsigned ? unsigned(64) : signed(64), isUnsigned ? unsigned(31) : signed(31));
}

/** What protobufjs reads, with bigints. */
function asReference(text: string, bytes: Uint8Array): unknown {
  const type = protobufjs.parse(text).root.lookupType('A');
  const given = type.toObject(type.decode(bytes), { longs: String, defaults: true, arrays: true })['v'] as unknown;
  const one = (value: unknown): unknown => (/64 v/.test(text) ? BigInt(value as string) : value instanceof Uint8Array ? Uint8Array.from(value) : value);
  return Array.isArray(given) && text.includes('repeated') ? given.map(one) : one(given);
}

describe('evolution of a field', () => {
  it('gives what protobufjs gives for each pair of types that go together, or refuses the value, and no pair goes together that does not', () => {
    const pairs: string[] = [];
    for (const from of KINDS) {
      for (const to of KINDS) {
        const [written, read] = [schemaOf(from, ''), schemaOf(to, '')];
        let isReadable = true;
        try {
          checkReadable(nodeOf(written), nodeOf(read));
        } catch (error) {
          expect(ProtobufIncompatible.is(error)).toBe(true);
          isReadable = false;
        }
        if (!isReadable) continue;
        pairs.push(from === to ? '' : `${from}→${to}`);
        const writer = protobuf<{ v: unknown }>({ schema: written, longs: 'bigint' });
        const reader = protobuf<{ v: unknown }>({ schema: read, longs: 'bigint' });
        fc.assert(fc.property(valuesOf(from), (v) => {
          const bytes = new ByteWriter();
          writer.createEncoder().encode({ v }, bytes);
          let found: unknown;
          try {
            reader.createDecoder({ source: 'test', maxDepth: 9 }).decode(bytes.view(), 0, bytes.length, { record: (value) => (found = value.v) });
          } catch (error) {
            // Only what would be cut.
            expect(ProtobufMalformed.is(error) && (error as MillraceError).what).toContain('does not fit 32 bits');
            expect(BigInt(v as bigint) < -(2n ** 31n) || BigInt(v as bigint) >= 2n ** 32n).toBe(true);
            return;
          }
          expect(found).toStrictEqual(asReference(read, bytes.toBytes()));
        }), { numRuns: 25 });
      }
    }
    expect(pairs.filter((pair) => pair !== '').map((pair) => pair.replaceAll(/\d+/g, '')).filter((pair, at, all) => all.indexOf(pair) === at).sort()).toEqual([
      'bool→int', 'bool→uint', 'bytes→string', 'fixed→sfixed', 'int→bool', 'int→int', 'int→uint', 'sfixed→fixed', 'sint→sint', 'string→bytes', 'uint→bool', 'uint→int', 'uint→uint',
    ]);
    expect(pairs.filter((pair) => pair !== '')).toHaveLength(28);
  });

  it('reads one value as a list', () => {
    for (const kind of KINDS) {
      const writer = protobuf<{ v: unknown }>({ schema: schemaOf(kind, ''), longs: 'bigint' });
      const read = schemaOf(kind, 'repeated');
      checkReadable(nodeOf(schemaOf(kind, '')), nodeOf(read));
      fc.assert(fc.property(valuesOf(kind), (v) => {
        const bytes = new ByteWriter();
        writer.createEncoder().encode({ v }, bytes);
        let found: unknown;
        protobuf<{ v: unknown }>({ schema: read, longs: 'bigint' }).createDecoder({ source: 'test', maxDepth: 9 }).decode(bytes.view(), 0, bytes.length, { record: (value) => (found = value.v) });
        expect(found).toStrictEqual(asReference(read, bytes.toBytes()));
      }), { numRuns: 10 });
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, toHex } from '../../base/bytes.js';
import { t } from '../types/t.js';
import { codecFor } from './codec.js';
import { TextBlock } from './text-block.js';
import { anyTypeAndValues } from './typed.test-values.js';

/** What fast-check tries takes processor time, of which a loaded machine gives little. */
const PATIENT = { timeout: 120_000 };

const LONG = 'https://example.com/a/path/longer/than/a/few/letters';

function plain(texts: readonly string[]): string {
  const writer = new ByteWriter();
  for (const text of texts) writer.string(text);
  return toHex(writer.toBytes());
}

describe('a block of texts', () => {
  it('gives the bytes that each text has by itself, whatever the letters and lengths', () => {
    const text = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constantFrom(LONG, `${LONG}é`, 'x'.repeat(17), 'y'.repeat(1024), 'z'.repeat(1025)));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
        const block = new TextBlock();
        for (const each of texts) block.note(each);
        block.make();
        const writer = new ByteWriter(16);
        for (const each of texts) if (!block.write(each, writer)) writer.string(each);
        expect(toHex(writer.toBytes())).toBe(plain(texts));
      }),
    );
  });

  it('writes only the text that was noted next, and nothing after it was cleared', () => {
    const block = new TextBlock();
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(20));
    for (const text of texts) block.note(text);
    const writer = new ByteWriter();
    expect(block.write(texts[0]!, writer)).toBe(false);
    block.make();
    expect(block.write(texts[1]!, writer)).toBe(false);
    expect(block.write(texts[0]!, writer)).toBe(true);
    // Another string with the same letters is the same text.
    expect(block.write(['b'.repeat(10), 'b'.repeat(10)].join(''), writer)).toBe(true);
    block.clear();
    expect(block.write(texts[2]!, writer)).toBe(false);
    expect(toHex(writer.toBytes())).toBe(plain(texts.slice(0, 2)));
  });

  it('takes so many texts and no more', () => {
    const block = new TextBlock();
    for (let count = 0; count < 300; count++) block.note(`${LONG} ${count}`);
    expect(block.isFull).toBe(true);
    block.make();
    const writer = new ByteWriter();
    let made = 0;
    for (let count = 0; count < 300; count++) if (block.write(`${LONG} ${count}`, writer)) made++;
    expect(made).toBe(256);
  });
});

describe('a codec with a block of texts', () => {
  it('R48 gives the same bytes as without, for values of any type', PATIENT, () => {
    fc.assert(
      fc.property(anyTypeAndValues(), ({ type, values }) => {
        const codec = codecFor(type);
        const [without, withBlock] = [new ByteWriter(), new ByteWriter()];
        const block = new TextBlock();
        if (codec.noteTexts !== null) for (const value of values) codec.noteTexts(value, block);
        block.make();
        for (const value of values) {
          codec.encode(value, without);
          codec.encode(value, withBlock, block);
        }
        expect(toHex(withBlock.toBytes())).toBe(toHex(without.toBytes()));
      }),
    );
  });

  it('notes the texts of structs, of structs in structs and of lists of them, in the order of their fields', () => {
    const inner = t.struct({ name: t.optional(t.string), size: t.number });
    const type = t.struct({ title: t.string, inner: t.nullable(inner), all: t.list(inner), tags: t.list(t.string) });
    const value = { title: `${LONG} 1`, inner: { name: `${LONG} 2`, size: 1 }, all: [{ size: 2 }, { name: `${LONG} 3`, size: 3 }], tags: [`${LONG} 4`] };
    const block = new TextBlock();
    const codec = codecFor(type);
    codec.noteTexts!(value, block);
    codec.noteTexts!({ ...value, inner: null }, block);
    block.make();
    const writer = new ByteWriter();
    for (const number of [1, 2, 3, 1, 3]) expect(block.write(`${LONG} ${number}`, writer)).toBe(true);
    expect(block.write(`${LONG} 4`, writer)).toBe(false);
  });

  it('does not mind values that are none of the type: the writer refuses them', () => {
    const block = new TextBlock();
    const { noteTexts } = codecFor(t.list(t.struct({ name: t.string })));
    for (const value of [undefined, 7, [null, { name: 7 }, 'x', ...[1, 2, 3, 4].map((number) => ({ name: `${LONG} ${number}` }))]]) noteTexts!(value, block);
    block.make();
    expect(block.write(`${LONG} 1`, new ByteWriter())).toBe(true);
    expect([codecFor(t.dynamic).noteTexts, codecFor(t.struct({ n: t.number })).noteTexts, codecFor(t.struct({ name: t.string }), { generate: false }).noteTexts]).toEqual([null, null, null]);
  });
});

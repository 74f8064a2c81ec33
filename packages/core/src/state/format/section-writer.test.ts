import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, concatBytes, toHex } from '../../base/bytes.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { BlockMemory, RecordStream, type StreamSpill } from './section-writer.js';
import { SpillFile } from './spill-file.js';
import { TAG } from './tags.js';

const BUFFER_BYTES = 50;

function spillWith(blocks: BlockMemory): StreamSpill {
  return { file: new SpillFile(new SimulatedPlatform({ seed: 1 }).files, () => '/streams'), bufferBytes: BUFFER_BYTES, blocks };
}

/** Writes a record of so many bytes for each length, in one of three namespaces. */
function fill(stream: RecordStream, lengths: readonly number[]): RecordStream {
  lengths.forEach((length, at) => {
    const bytes = stream.begin(TAG.value, at % 3, at % 3);
    for (let byte = 0; byte < length; byte++) bytes.u8(at);
  });
  return stream;
}

const contents = (stream: RecordStream): string => toHex(concatBytes([...stream.pieces()]));

describe('a stream of records', () => {
  it('has the same bytes in one buffer, in several, and through a file', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), (lengths, count) => {
        const plain = fill(new RecordStream(), lengths);
        const spill = spillWith(new BlockMemory(count));
        const stream = fill(new RecordStream(spill), lengths);
        expect([contents(stream), stream.length]).toEqual([contents(plain), plain.length]);
        expect(stream.isSpilled).toBe(spill.file.size > 0);
      }),
    );
  });

  it('takes records that were written elsewhere as if they had been written here, wherever its bytes go', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 60 }), (before, added, count) => {
        const whole = fill(new RecordStream(), [...before, ...added]);
        for (const stream of [fill(new RecordStream(), before), fill(new RecordStream(spillWith(new BlockMemory(count))), before)]) {
          added.forEach((length, index) => {
            const at = before.length + index;
            // Every other pair is written here: what follows is of the namespace that was written elsewhere, or of another.
            if (index % 4 > 1) {
              const bytes = stream.begin(TAG.value, at % 3, at % 3);
              for (let byte = 0; byte < length; byte++) bytes.u8(at);
              return;
            }
            const record = new ByteWriter();
            // The first record of all is in the namespace that a stream begins with.
            if (at > 0) {
              record.u8(TAG.namespace);
              record.f64(at % 3);
              record.f64(at % 3);
            }
            record.u8(TAG.value);
            for (let byte = 0; byte < length; byte++) record.u8(at);
            stream.append(record.view(), { start: at % 3, end: at % 3 });
          });
          expect(contents(stream)).toBe(contents(whole));
        }
      }),
    );
  });

  it('goes to the file only when all buffers are in use, and gives them to the next one', () => {
    const spill = spillWith(new BlockMemory(4));
    const lengths = new Array<number>(5).fill(BUFFER_BYTES);
    const first = fill(new RecordStream(spill), lengths);
    expect(first.isSpilled).toBe(false);
    const second = fill(new RecordStream(spill), lengths);
    expect(second.isSpilled).toBe(true);
    first.forget();
    expect(fill(new RecordStream(spill, 0, first.bytes), lengths).isSpilled).toBe(false);
  });

  it('goes to the file with records that are larger than a buffer, so that the buffers stay what they are', () => {
    const lengths = [10, 60, 20, 70_000, 300_000, 5, 80, 90_000];
    const spill = spillWith(new BlockMemory(100));
    const stream = fill(new RecordStream(spill), lengths);
    expect(contents(stream)).toBe(contents(fill(new RecordStream(), lengths)));
    expect(stream.length - spill.file.size).toBeLessThan(100_000);
  });
});

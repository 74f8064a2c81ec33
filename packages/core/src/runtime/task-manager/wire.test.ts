import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../base/errors.js';
import { JobCanceled, WorkerEnded } from '../errors.js';
import { errorFromMessage, errorToMessage } from './error-message.js';
import { OutputBuffer, readOutput } from './output-buffer.js';
import { packCommand, packEvent, unpackCommand, unpackEvent } from './wire.js';

describe('errors between threads', () => {
  it('keep their code, place, stack and causes', () => {
    const cause = new RangeError('too much', { cause: 'plain text' });
    const error = WorkerEnded.error({ what: 'gone', why: 'because', where: { job: 'j', operator: 'o', offset: 7 }, cause });
    const copy = errorFromMessage(structuredClone(errorToMessage(error)));
    expect(copy).toBeInstanceOf(MillraceError);
    expect(WorkerEnded.is(copy)).toBe(true);
    expect(copy).toMatchObject({ code: 'MR-2307', message: error.message, stack: error.stack, where: { job: 'j', operator: 'o', offset: 7 }, cause: { name: 'RangeError', message: 'too much', stack: cause.stack, cause: { message: 'plain text' } } });
    expect(JSON.stringify(copy)).toBe(JSON.stringify(error));
  });

  it('end where a chain of causes goes in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(errorFromMessage(errorToMessage(error)).message).toBe('round');
  });

  it('make something readable of whatever was thrown', () => {
    expect(errorFromMessage(errorToMessage('just text')).message).toBe('just text');
    expect(errorFromMessage(errorToMessage(Object.create(null))).message).toBe('something that has no text');
  });
});

describe('messages between threads', () => {
  it('carry splits and positions of any value', () => {
    const splits = [{ id: 'a', from: 1n, seen: new Set([undefined, Number.NaN]) }];
    expect(unpackCommand(structuredClone(packCommand({ kind: 'addSplits', subtask: 3, splits })) as never)).toEqual({ kind: 'addSplits', subtask: 3, splits });
    expect(unpackCommand(structuredClone(packCommand({ kind: 'restoreSplits', subtask: 3, splits })) as never)).toEqual({ kind: 'restoreSplits', subtask: 3, splits });
  });

  it('carry the reason of an end', () => {
    const packed = packCommand({ kind: 'close', reason: JobCanceled.error({ what: 'canceled' }) });
    expect(unpackCommand(packed as never)).toMatchObject({ kind: 'close', reason: { code: 'MR-2305' } });
  });

  it('move the bytes of a snapshot, and copy those that share a buffer with others', () => {
    const whole = new Uint8Array([1, 2, 3]);
    const shared = new Uint8Array([9, 4, 5, 9]).subarray(1, 3);
    const metrics = { startDelayMs: 1, alignmentMs: 2, syncMs: 3, asyncMs: 4, longestSliceMs: 1, bytes: 5 };
    const operator = { operatorUid: 'o', checkpointId: 1, maxParallelism: 8, keyGroups: [{ keyGroup: 0, kind: 'base' as const, bytes: whole }, { keyGroup: 1, kind: 'base' as const, bytes: shared }], operatorState: undefined, watermark: Number.NEGATIVE_INFINITY };
    const { message, transfer } = packEvent({ kind: 'acknowledged', subtask: 0, checkpointId: 1, snapshot: { operators: [operator], source: { uid: 's', splits: [{ id: 'x' }] }, metrics } });
    const moved = structuredClone(message, { transfer: [...(transfer.buffers ?? [])] });
    expect([whole.length, shared.length]).toEqual([0, 2]);
    expect(unpackEvent(moved as never)).toMatchObject({ snapshot: { operators: [{ keyGroups: [{ bytes: new Uint8Array([1, 2, 3]) }, { bytes: new Uint8Array([4, 5]) }], watermark: Number.NEGATIVE_INFINITY }], source: { uid: 's', splits: [{ id: 'x' }] }, metrics } });
  });

  it('move the bytes of a snapshot with the little that is left of their memory', () => {
    const memory = new Uint8Array([1, 2, 3, 4, 0]);
    const blobs = [memory.subarray(0, 4), memory.subarray(0, 4), new Uint8Array(8).subarray(0, 4)].map((bytes, keyGroup) => ({ keyGroup, kind: 'base' as const, bytes }));
    const metrics = { startDelayMs: 1, alignmentMs: 2, syncMs: 3, asyncMs: 4, longestSliceMs: 1, bytes: 5 };
    const operator = { operatorUid: 'o', checkpointId: 1, maxParallelism: 8, keyGroups: blobs, operatorState: undefined, watermark: 0 };
    const { message, transfer } = packEvent({ kind: 'acknowledged', subtask: 0, checkpointId: 1, snapshot: { operators: [operator], source: undefined, metrics } });
    const { snapshot } = unpackEvent(structuredClone(message, { transfer: [...(transfer.buffers ?? [])] }) as never) as unknown as { snapshot: { operators: { keyGroups: { bytes: Uint8Array }[] }[] } };
    expect(snapshot.operators[0]?.keyGroups.map(({ bytes }) => [...bytes])).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], [0, 0, 0, 0]]);
    // The first with all of its memory; a second piece of the same, and one that fills only half of its, as copies.
    expect(snapshot.operators[0]?.keyGroups.map(({ bytes }) => bytes.buffer.byteLength)).toEqual([5, 4, 4]);
    expect(memory).toHaveLength(0);
  });

  it('carry the fields of a log message as far as they can be read', () => {
    const { message } = packEvent({ kind: 'log', level: 'warn', message: 'm', fields: { error: new TypeError('e'), big: 5n, deep: { many: [1n] }, fn: () => 0 } });
    expect(unpackEvent(structuredClone(message) as never)).toMatchObject({ fields: { error: { name: 'TypeError', message: 'e' }, big: 5n, deep: { many: ['1'] } } });
  });
});

describe('output of a worker', () => {
  it('goes in one message per turn, in its order, and refuses what cannot travel', () => {
    const sent: Uint8Array[] = [];
    const turns: (() => void)[] = [];
    const output = new OutputBuffer('rows', (rows) => sent.push(rows), (then) => turns.push(then));
    output.print('1\n', { n: 1 });
    output.row('c', [2n]);
    output.print('symbol\n', Symbol('s'));
    expect(() => output.row('c', () => 0)).toThrow(/MR-11/);
    turns.forEach((turn) => turn());
    const seen: unknown[] = [];
    for (const rows of sent) readOutput(rows, (message) => seen.push(message));
    expect(sent).toHaveLength(1);
    expect(seen).toEqual([{ kind: 'print', text: '1\n', row: { n: 1 } }, { kind: 'row', channel: 'c', row: [2n] }, { kind: 'print', text: 'symbol\n', row: undefined }]);
  });

  it('is lines of JSON where they are wanted, also of what cannot travel', () => {
    const lines: string[] = [];
    const output = new OutputBuffer('lines', (rows) => readOutput(rows, (message) => lines.push(message.kind === 'print' ? message.text : '')), () => {});
    output.print('1\n', { n: 1n, bytes: new Uint8Array([255]) });
    output.row('c', [Number.NaN]);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    output.print('a cycle\n', cycle);
    output.flush();
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { type: 'row', channel: 'print', row: { n: '1', bytes: 'ff' } }, { type: 'row', channel: 'c', row: ['NaN'] }, { type: 'row', channel: 'print', text: 'a cycle' },
    ]);
  });
});

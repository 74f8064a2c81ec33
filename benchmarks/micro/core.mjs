/**
 * What the parts need of the engine beyond its public entries: from the built files, as whoever measures wants it, or from the sources
 * where the tests run, which need no build.
 */
const inTests = process.env['VITEST'] !== undefined;
const base = new URL(inTests ? '../../packages/core/src/' : '../../packages/core/dist/', import.meta.url);
const load = (path) => import(new URL(`${path}${inTests ? '.ts' : '.js'}`, base).href);

export const { ByteReader, ByteWriter } = await load('base/bytes');
export const { codecFor } = await load('record/codec/codec');
export const { batchCodecFor } = await load('record/codec/batch-codec');
export const { RecordBatch } = await load('record/record-batch');
export const { keyGroupOf } = await load('record/key-hash');
export const { WatermarkMerger } = await load('record/watermark-merger');
export const { t } = await load('record/types/t');
export const { state } = await load('state/state-builders');
export const { codecTransfer } = await load('runtime/channel/codec-transfer');
export const { LocalChannel } = await load('runtime/channel/local-channel');
export const { ThreadExchange } = await load('runtime/channel/thread-exchange');
export const { ThreadChannelReader } = await load('runtime/channel/thread-channel-reader');
export const { ThreadChannelWriter } = await load('runtime/channel/thread-channel-writer');
export const { NodeThreadPort } = await load('platform/node/thread-port');
const { heapStateBackend } = await load('state/backends/heap/heap-state-backend');

export const KEY_GROUPS = 128;
export const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

/** A heap backend with all key groups whose snapshots are always whole ones. */
export function heapBackend(keyType) {
  return heapStateBackend({ operatorUid: 'bench', keyGroups: { first: 0, last: KEY_GROUPS - 1 }, maxParallelism: KEY_GROUPS, keyType, clock, incremental: false });
}

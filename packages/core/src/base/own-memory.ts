/** Bytes that have an array buffer to themselves: it can change hands, and be given back, with them. */

/** So small a part of their memory may be unused when bytes are handed over with all of it, instead of as a copy. */
export const UNUSED_SHARE: number = 1 / 4;

/** Less memory is not worth the call that gives it back. It is more than the pool of the runtime has, out of which small buffers are cut. */
const LEAST_GIVEN_BACK = 16 * 1024;

interface Transferable extends ArrayBuffer {
  /** Since Node 22. */
  transfer?(length: number): ArrayBuffer;
}

/** Whether bytes fill their memory from its beginning, but for a little. Pieces of memory that is shared out are smaller, or begin further on. */
export function hasOwnMemory(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength <= byteLength * (1 + UNUSED_SHARE);
}

/**
 * Gives the memory of large bytes back at once; they are empty afterwards. Left to the collector it would stay until the next collection of the
 * whole heap, which V8 begins the earlier the more of it there is.
 */
export function giveBack(bytes: Uint8Array): void {
  if (bytes.length < LEAST_GIVEN_BACK || !hasOwnMemory(bytes)) return;
  const buffer: Transferable = bytes.buffer;
  // The copy is young, and goes with the next collection of the nursery.
  if (buffer.transfer === undefined) structuredClone(buffer, { transfer: [buffer] });
  else buffer.transfer(0);
}

let isPrepared = false;

/**
 * To be called in a thread before its work begins, where memory is going to be given back or handed to another thread. V8 compiles accesses to typed arrays for
 * memory that is never taken away; the first time that some is taken away in a thread it throws away all code with such an access, and a job runs at
 * a fraction of its speed for a tenth of a second. Here that time comes before there is any code.
 */
export function prepareToGiveMemory(): void {
  if (isPrepared) return;
  isPrepared = true;
  const buffer = new ArrayBuffer(1);
  structuredClone(buffer, { transfer: [buffer] });
}

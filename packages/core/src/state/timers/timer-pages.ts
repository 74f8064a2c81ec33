/** How much time a bucket holds. */
export const BUCKET_MS = 1000;
/** Timers lie in arrays of so many at most: a longer one would be copied at once when it grows. */
export const PAGE_BITS = 14;
/** See {@link PAGE_BITS}. */
export const PAGE: number = 1 << PAGE_BITS;

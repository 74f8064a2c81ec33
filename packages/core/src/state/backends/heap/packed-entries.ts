/**
 * Entries of a map of numbers by numbers in a part of a page (see `NumberPages`): the hash table holds the entries themselves,
 * so that finding one takes one read of memory. An entry is its key, its value and its mark: the stamp (see `Epochs`) and,
 * below it, when it came among the entries of the map. A mark of 0 is a free place.
 */
import { mixWords } from './wide-index.js';

/** Numbers of an entry. */
export const WORDS = 3;
/** The first entry of a map is number 1; there are fewer numbers than this, twice as many as entries at most. */
const NUMBERS = 1 << 16;
/** Entries that a part has room for at most, of which three quarters are used. */
export const MOST_PACKED: number = 1 << 13;

/** Where entries are put in order; all of it is 0 between two uses. */
const byNumber = new Int32Array(MOST_PACKED * 2 + 1);

const bits = new Int32Array(2);
const float = new Float64Array(bits.buffer);

/** Where a number is looked for first, under a mask. */
export function placeOf(key: number): number {
  if ((key | 0) === key) return mixWords(key | 0, 0);
  float[0] = key;
  return mixWords(bits[0]!, bits[1]!);
}

/** The least mark of a stamp: marks of lower stamps are below it. */
export function markOf(stamp: number): number {
  return stamp * NUMBERS;
}

/** The mark with another stamp. */
export function restamped(mark: number, stamp: number): number {
  return stamp * NUMBERS + numberOf(mark);
}

/** The stamp of a mark. */
export function stampOf(mark: number): number {
  return Math.floor(mark / NUMBERS);
}

/** Where the entry of a key is in the page, or -1. */
export function findPacked(page: number[], base: number, capacity: number, key: number): number {
  const mask = capacity - 1;
  for (let place = placeOf(key) & mask; ; place = (place + 1) & mask) {
    const at = base + place * WORDS;
    if (page[at + 2] === 0) return -1;
    if (page[at] === key) return at;
  }
}

/** Puts an entry whose key is not there; says where. */
export function putPacked(page: number[], base: number, capacity: number, key: number, value: number, mark: number): number {
  const mask = capacity - 1;
  let place = placeOf(key) & mask;
  while (page[base + place * WORDS + 2] !== 0) place = (place + 1) & mask;
  const at = base + place * WORDS;
  page[at] = key;
  page[at + 1] = value;
  page[at + 2] = mark;
  return at;
}

/** Puts all entries of one part into another, in which there is none. */
export function movePacked(from: number[], first: number, length: number, page: number[], base: number, capacity: number): void {
  const end = first + length * WORDS;
  for (let at = first; at < end; at += WORDS) if (from[at + 2] !== 0) putPacked(page, base, capacity, from[at]!, from[at + 1]!, from[at + 2]!);
}

/** Numbers the entries anew, in the same order, from 1 on; says what number the next one has. */
export function renumberPacked(page: number[], base: number, capacity: number): number {
  let number = 1;
  for (const at of inOrder(page, base, capacity)) page[at + 2] = markOf(stampOf(page[at + 2]!)) + number++;
  return number;
}

/** Removes an entry. Others may move. */
export function deletePacked(page: number[], base: number, capacity: number, at: number): void {
  const mask = capacity - 1;
  let hole = (at - base) / WORDS;
  // Whatever was pushed behind the hole by its neighbours moves up, so that no search ends too early.
  for (let place = (hole + 1) & mask; page[base + place * WORDS + 2] !== 0; place = (place + 1) & mask) {
    const home = placeOf(page[base + place * WORDS]!) & mask;
    if (((place - home) & mask) < ((place - hole) & mask)) continue;
    const from = base + place * WORDS;
    const to = base + hole * WORDS;
    page[to] = page[from]!;
    page[to + 1] = page[from + 1]!;
    page[to + 2] = page[from + 2]!;
    hole = place;
  }
  page[base + hole * WORDS + 2] = 0;
}

/** The places of all entries, in the order in which they came. */
export function inOrder(page: number[], base: number, capacity: number): number[] {
  const end = base + capacity * WORDS;
  let last = 0;
  for (let at = base; at < end; at += WORDS) if (page[at + 2] !== 0) last = Math.max(last, note(at, numberOf(page[at + 2]!)));
  return noted(last);
}

/** As `inOrder`, for the entries with stamps from `from` on and below `stamp`; they have this stamp then. */
export function takeInOrder(page: number[], base: number, capacity: number, from: number, stamp: number): number[] {
  const least = Math.max(markOf(from), 1);
  const below = markOf(stamp);
  const end = base + capacity * WORDS;
  let last = 0;
  for (let at = base; at < end; at += WORDS) {
    const mark = page[at + 2]!;
    if (mark < least || mark >= below) continue;
    const number = numberOf(mark);
    page[at + 2] = below + number;
    last = Math.max(last, note(at, number));
  }
  return noted(last);
}

/** Notes the place of the entry with a number. */
function note(at: number, number: number): number {
  byNumber[number] = at + 1;
  return number;
}

/** The places that were noted, by number, of which `last` is the greatest. */
function noted(last: number): number[] {
  const places: number[] = [];
  for (let number = 1; number <= last; number++) {
    if (byNumber[number] === 0) continue;
    places.push(byNumber[number]! - 1);
    byNumber[number] = 0;
  }
  return places;
}

function numberOf(mark: number): number {
  return mark - Math.floor(mark / NUMBERS) * NUMBERS;
}

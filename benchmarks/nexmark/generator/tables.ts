/** What the fields of events are chosen from. All tables are the same in every process: they are made from fixed seeds. */
import { advance, below, seedOf } from './random.js';
import { WordMaker } from './word-maker.js';

/** Different channels besides the four that half of the bids come from. */
export const CHANNELS = 10_000;
/** Prices by the upper 16 bits of a random word: log-uniform from 100 to 10^8. */
export const PRICES: Int32Array = Int32Array.from({ length: 1 << 16 }, (_, i) => Math.round(10 ** ((i / (1 << 16)) * 6) * 100));

export const STATES: readonly string[] = 'AZ,CA,ID,OR,WA,WY'.split(',');
export const CITIES: readonly string[] = 'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(',');
export const FIRST_NAMES: readonly string[] = 'Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter'.split(',');
export const LAST_NAMES: readonly string[] = 'Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris'.split(',');
/** The numbers 0 to 9999 with four digits, for credit cards. */
export const FOUR_DIGITS: readonly string[] = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(4, '0'));

/** The letters that fields `extra` are pieces of. */
export const FILLER: string = filler(1 << 20);

/** Three words of up to 94 letters, and what stands around them. */
const LONGEST_URL = 512;

export const HOT_CHANNELS: readonly string[] = ['Google', 'Facebook', 'Baidu', 'Apple'];
const channels = channelTables();
export const HOT_URLS: readonly string[] = channels.hotUrls;
export const CHANNEL_NAMES: readonly string[] = channels.names;
export const CHANNEL_URLS: readonly string[] = channels.urls;

function filler(length: number): string {
  const letters = Buffer.alloc(length);
  let state = seedOf(424242);
  for (let i = 0; i < length; i++) {
    state = advance(state);
    letters[i] = 97 + below(state, 26);
  }
  return letters.toString('latin1');
}

function channelTables(): { readonly hotUrls: string[]; readonly names: string[]; readonly urls: string[] } {
  const words = new WordMaker();
  words.state = seedOf(777);
  const part = (): string => words.make(5, 95);
  const url = (): string => `https://www.nexmark.com/${part()}/${part()}/${part()}/item.htm?query=1`;
  const hotUrls = [url(), url(), url(), url()];
  const letters = Buffer.alloc(LONGEST_URL);
  const names: string[] = [];
  const urls: string[] = [];
  for (let i = 0; i < CHANNELS; i++) {
    const plain = url();
    words.state = advance(words.state);
    // One in ten has no id to be found.
    urls.push(flat(below(words.state, 10) > 0 ? `${plain}&channel_id=${Math.abs(reversedBits(i))}` : plain, letters));
    names.push(`channel-${i}`);
  }
  return { hotUrls: hotUrls.map((text) => flat(text, letters)), names, urls };
}

/** The same text as one piece: a joined one would be joined again by everyone who looks into it. */
function flat(text: string, letters: Buffer): string {
  // Into the same bytes each time: `Buffer.from` would be optimised for these ten thousand calls in every thread.
  return letters.toString('latin1', 0, letters.write(text, 'latin1'));
}

function reversedBits(word: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((word >>> bit) & 1);
  return reversed;
}

import { advance, below } from './random.js';

const LETTER_A = 97;
/** The longest text there is, in letters. */
const MOST_LETTERS = 128;

/** Makes random words letter by letter. `state` is where its random numbers are: set it before, take it back afterwards. */
export class WordMaker {
  state: number = 1;
  readonly #letters: Buffer = Buffer.alloc(MOST_LETTERS);

  /** A text of 3 to `most` - 1 letters; one in thirteen is `special` (a character code), and spaces at the ends are cut off. */
  make(most: number, special: number): string {
    const letters = this.#letters;
    let state = advance(this.state);
    const length = 3 + below(state, most - 3);
    for (let i = 0; i < length; i++) {
      state = advance(state);
      if (below(state, 13) === 0) {
        letters[i] = special;
      } else {
        state = advance(state);
        letters[i] = LETTER_A + below(state, 26);
      }
    }
    this.state = state;
    let from = 0;
    let to = length;
    while (from < to && letters[from] === 32) from++;
    while (to > from && letters[to - 1] === 32) to--;
    return letters.toString('latin1', from, to);
  }
}

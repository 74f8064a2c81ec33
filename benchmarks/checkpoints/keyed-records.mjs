/**
 * Records by user: at first one for every user, and again after a call of `startOver`; then on `touched` of the users at a time, another part of them after every
 * call of `moveOn`.
 */
export class KeyedRecords {
  #users;
  #first = 0;
  #span;
  #random = 1;
  #loaded = 0;

  constructor(users) {
    this.#users = users;
    this.#span = users;
  }

  moveOn(touched) {
    this.#first = (this.#first + this.#span) % this.#users;
    this.#span = touched;
  }

  /** The next records are one for every user. */
  startOver() {
    this.#loaded = 0;
  }

  next() {
    if (this.#loaded < this.#users) return { user: `user-${this.#loaded++}`, cents: 1 };
    // The low bits of such a generator are no good; the high ones are.
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    const user = (this.#first + Math.floor((this.#random / 2 ** 32) * this.#span)) % this.#users;
    return { user: `user-${user}`, cents: this.#random & 1023 };
  }
}

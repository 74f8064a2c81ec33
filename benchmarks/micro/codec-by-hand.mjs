/** Bids as bytes, as one would write it for this one type: numbers as doubles, texts with their length, one byte a letter. */
export class BidsByHand {
  #bytes = new Uint8Array(1 << 20);
  #memory = new DataView(this.#bytes.buffer);
  #at = 0;

  get length() {
    return this.#at;
  }

  reset() {
    this.#at = 0;
  }

  write(bid) {
    this.#number(bid.auction);
    this.#number(bid.bidder);
    this.#number(bid.price);
    this.#text(bid.channel);
    this.#text(bid.url);
    this.#number(bid.dateTime);
    this.#text(bid.extra);
  }

  read() {
    return {
      auction: this.#readNumber(), bidder: this.#readNumber(), price: this.#readNumber(), channel: this.#readText(), url: this.#readText(),
      dateTime: this.#readNumber(), extra: this.#readText(),
    };
  }

  #number(value) {
    this.#memory.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  #text(value) {
    const bytes = this.#bytes;
    let at = this.#at;
    this.#memory.setUint32(at, value.length, true);
    at += 4;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) throw new Error('texts of the benchmark are ASCII');
      bytes[at++] = unit;
    }
    this.#at = at;
  }

  #readNumber() {
    const value = this.#memory.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  #readText() {
    const from = this.#at + 4;
    this.#at = from + this.#memory.getUint32(this.#at, true);
    return Buffer.from(this.#bytes.buffer, from, this.#at - from).latin1Slice();
  }
}

/** A binary heap of timers as one would write it by hand: the earliest first, those of one time in the order of their registration. */
export class HandHeap {
  #timers = [];
  #sequence = 0;

  get size() {
    return this.#timers.length;
  }

  register(key, time) {
    const timers = this.#timers;
    const timer = { key, time, sequence: this.#sequence++ };
    let at = timers.length;
    timers.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, timers[parent])) break;
      timers[at] = timers[parent];
      at = parent;
    }
    timers[at] = timer;
  }

  fire(limit, handle) {
    const timers = this.#timers;
    while (timers.length > 0 && timers[0].time <= limit) {
      const due = timers[0];
      this.#removeFirst();
      handle(due);
    }
  }

  #removeFirst() {
    const timers = this.#timers;
    const last = timers.pop();
    const length = timers.length;
    if (length === 0) return;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && before(timers[child + 1], timers[child])) child++;
      if (!before(timers[child], last)) break;
      timers[at] = timers[child];
      at = child;
    }
    timers[at] = last;
  }
}

function before(left, right) {
  return left.time < right.time || (left.time === right.time && left.sequence < right.sequence);
}

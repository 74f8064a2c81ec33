import { read } from './read.mjs';

const inputs = [
  read('orders').map(({ order, at }) => ({ of: 'order', at, what: order })),
  read('payments').map(({ order, at }) => ({ of: 'payment', at, what: order })),
  read('visits').map(({ at, page }) => ({ of: 'visit', at, what: page })),
];
// The sort is stable: at equal times the inputs keep their order, and each input its own.
export const rows = inputs.flat().sort((a, b) => a.at - b.at);

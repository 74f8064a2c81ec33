import { closeSync, openSync, writeSync } from 'node:fs';
import { generator } from './sales.mjs';

const ORDER_IDS = 5_000;
const FIRST_TIME = 1_700_000_000_000;
const LINES_PER_WRITE = 10_000;

/** Writes a file of orders, one JSON object per line, in the order of their time: about 72 bytes a line. */
export function writeOrders(path, lines) {
  const random = generator(7);
  const file = openSync(path, 'w');
  try {
    for (let from = 0; from < lines; from += LINES_PER_WRITE) {
      let text = '';
      for (let line = from; line < Math.min(lines, from + LINES_PER_WRITE); line++) {
        text += `{"orderId":"order-${random(ORDER_IDS)}","timestamp":${FIRST_TIME + line * 10},"amount":${(random(100_000) / 100).toFixed(2)}}\n`;
      }
      writeSync(file, text);
    }
  } finally {
    closeSync(file);
  }
}

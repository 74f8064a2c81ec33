// The same windows without Millrace: node oracle.mjs orders.ndjson > expected.ndjson
import { readFileSync } from 'node:fs';

const SIZE = 600_000;
const windows = new Map();
for (const line of readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
  const { orderId, timestamp, amount } = JSON.parse(line);
  const windowStart = Math.floor(timestamp / SIZE) * SIZE;
  const sum = windows.get(`${windowStart} ${orderId}`) ?? { orderId, windowStart, count: 0, cents: 0 };
  windows.set(`${windowStart} ${orderId}`, { ...sum, count: sum.count + 1, cents: sum.cents + Math.round(amount * 100) });
}
for (const { orderId, windowStart, count, cents } of windows.values()) {
  console.log(JSON.stringify({ orderId, windowStart, windowEnd: windowStart + SIZE, orderCount: count, totalAmount: cents / 100 }));
}

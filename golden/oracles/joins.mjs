import { read } from './read.mjs';

const orders = read('orders');
const payments = read('payments');
const floor = (at, size) => Math.floor(at / size) * size;
const pairs = orders.flatMap((order) => payments.filter((payment) => payment.order === order.order).map((payment) => ({ order, payment })));
const groups = new Map();
for (const [side, list] of [['orders', orders], ['payments', payments]]) {
  for (const { order, at } of list) {
    const key = `${order} ${floor(at, 1_200_000)}`;
    const group = groups.get(key) ?? { of: 'alone', order, start: floor(at, 1_200_000), orders: 0, payments: 0 };
    groups.set(key, { ...group, [side]: group[side] + 1 });
  }
}
export const rows = [
  ...pairs.filter(({ order, payment }) => payment.at >= order.at - 60_000 && payment.at < order.at + 600_000)
    .map(({ order, payment }) => ({ of: 'paid', order: order.order, at: order.at, paidAt: payment.at, open: order.cents - payment.cents })),
  ...pairs.filter(({ order, payment }) => floor(order.at, 300_000) === floor(payment.at, 300_000))
    .map(({ order, payment }) => ({ of: 'same window', order: order.order, start: floor(order.at, 300_000), cents: [order.cents, payment.cents] })),
  ...[...groups.values()].filter((group) => group.orders === 0 || group.payments === 0),
];

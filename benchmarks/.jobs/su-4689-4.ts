import { arg, count, defineJob, fileSource, json, monotonousTimestamps, sum, tumblingEventTime } from 'millrace';
interface Order { readonly orderId: string; readonly timestamp: number; readonly amount: number }
export default defineJob({ name: 'su-4-1795248033298', args: { input: arg.path() }, build(env, args) {
 env.fromSource(fileSource({ path: args.input, format: json() }), { watermarks: monotonousTimestamps((o) => (o as Order).timestamp) }).map((o) => o as Order).keyBy('orderId').window(tumblingEventTime('10 min')).aggregate({ orders: count(), total: sum('amount') }).print(); } });
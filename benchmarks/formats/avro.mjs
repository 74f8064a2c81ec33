import { avro } from '@millrace/avro';
import avsc from 'avsc';
import { ByteWriter } from 'millrace/spi';
import { duel } from '../lib/duel.mjs';

const SCHEMA = {
  type: 'record', name: 'Order', namespace: 'shop', fields: [
    { name: 'id', type: 'string' }, { name: 'customer', type: 'long' }, { name: 'at', type: 'long' }, { name: 'amount', type: 'double' }, { name: 'quantity', type: 'int' },
    { name: 'paid', type: 'boolean' }, { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['OPEN', 'SENT', 'DONE'] } }, { name: 'note', type: ['null', 'string'] },
    { name: 'tags', type: { type: 'array', items: 'string' } }, { name: 'address', type: { type: 'record', name: 'Address', fields: [{ name: 'city', type: 'string' }, { name: 'zip', type: 'int' }] } },
  ],
};
const DIFFERENT = 1000;

/** A record of ten fields, decoded and encoded one value after the other, as the messages of a topic are. */
export const part = {
  title: 'avro',
  cases: ['decode', 'encode'],
  run(name, { smoke }) {
    const records = smoke ? DIFFERENT : 300_000;
    const type = avsc.Type.forSchema(SCHEMA);
    const format = avro({ schema: SCHEMA });
    const values = Array.from({ length: DIFFERENT }, (_, n) => order(n));
    const messages = values.map((value) => type.toBuffer(value));
    const contestants = name === 'decode' ? decoders(type, format, messages, records) : encoders(type, format, values, messages, records);
    return duel({ what: `${name} as a multiple of avsc`, goal: 0.8, records, ...contestants, smoke, rowsDiffer: name === 'encode' });
  },
};

function order(n) {
  return {
    id: `order-${n * 7919}`, customer: 1_000_000 + n * 31, at: 1_700_000_000_000 + n, amount: (n * 37 % 10_000) / 100, quantity: 1 + (n % 9), paid: n % 3 === 0,
    status: ['OPEN', 'SENT', 'DONE'][n % 3], note: n % 4 === 0 ? 'leave it at the door' : null, tags: ['new', 'gift', 'fragile'].slice(0, n % 4), address: { city: n % 2 === 0 ? 'Winterthur' : 'Zürich', zip: 8000 + n },
  };
}

function decoders(type, format, messages, records) {
  const decoder = format.createDecoder({ source: 'bench', maxDepth: 128 });
  return {
    other: { name: 'avsc', run: (take) => { for (let n = 0; n < records; n++) take(type.fromBuffer(messages[n % DIFFERENT])); } },
    engine: {
      name: 'millrace',
      run: (take) => {
        const out = { record: (value) => take(value) };
        for (let n = 0; n < records; n++) {
          const bytes = messages[n % DIFFERENT];
          decoder.decode(bytes, 0, bytes.length, out);
        }
      },
    },
  };
}

/** Both write into memory that is used again. The bytes are compared here, all of them. */
function encoders(type, format, values, messages, records) {
  const encoder = format.createEncoder();
  const out = new ByteWriter(1024);
  const buffer = Buffer.alloc(1024);
  values.forEach((value, n) => {
    out.reset();
    encoder.encode(value, out);
    if (!messages[n].equals(out.view())) throw new Error(`the bytes of record ${n} differ`);
  });
  return {
    other: { name: 'avsc', run: (take) => { for (let n = 0; n < records; n++) take(type.encode(values[n % DIFFERENT], buffer)); } },
    engine: {
      name: 'millrace',
      run: (take) => {
        for (let n = 0; n < records; n++) {
          out.reset();
          encoder.encode(values[n % DIFFERENT], out);
          take(out);
        }
      },
    },
  };
}

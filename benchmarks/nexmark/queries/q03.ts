import { state, t, type } from 'millrace';
import { AUCTION, isPersonOrAuction, type Auction, type Person } from '../model.js';
import type { Query } from './query.js';

/** Somebody who sells in the states asked for. */
export interface LocalSeller {
  readonly name: string;
  readonly city: string;
  readonly state: string;
}

/** Local item suggestion: an unbounded join. An auction may come before its seller, and then waits. */
export const q03: Query = {
  name: 'q3',
  title: 'who sells items of category 10 in Oregon, Idaho and California',
  results: 'rows',
  build({ events, output }) {
    output(
      events
        .filter(isPersonOrAuction)
        .filter(isAskedFor)
        .keyBy((event) => (event.kind === AUCTION ? event.seller : event.id))
        .process({
          state: { seller: state.value(t.struct({ name: t.string, city: t.string, state: t.string })), waiting: state.list(t.number) },
          processElement(event, { state: { seller, waiting } }, out) {
            if (event.kind === AUCTION) {
              const known = seller.value();
              if (known === undefined) waiting.add(event.id);
              else out.collect({ name: known.name, city: known.city, state: known.state, auction: event.id });
            } else {
              const { name, city, state: home } = event;
              seller.update({ name, city, state: home });
              for (const auction of waiting.get()) out.collect({ name, city, state: home, auction });
              waiting.clear();
            }
          },
        }, { uid: 'join', output: type<LocalSeller & { readonly auction: number }>() }),
    );
  },
};

function isAskedFor(event: Auction | Person): boolean {
  return event.kind === AUCTION ? event.category === 10 : event.state === 'OR' || event.state === 'ID' || event.state === 'CA';
}

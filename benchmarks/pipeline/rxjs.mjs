import { filter, from, groupBy, map, mergeMap, Observable, reduce } from 'rxjs';
import { HandWindow } from './hand-window.mjs';
import { SMALLEST_CENTS, WINDOW_MS } from './sales.mjs';

/** The pipeline with the operators of RxJS. Its groups stay open to the end, which the engine's windows do not. */
export function withRxjs(bids, take) {
  from(bids)
    .pipe(
      map((bid) => ({ user: bid.user, cents: bid.price + 100, at: bid.at })),
      filter((sale) => sale.cents >= SMALLEST_CENTS),
      groupBy((sale) => Math.floor(sale.at / WINDOW_MS) * WINDOW_MS + WINDOW_MS),
      mergeMap((window) =>
        window.pipe(
          groupBy((sale) => sale.user),
          mergeMap((user) =>
            user.pipe(
              reduce((total, sale) => ({ count: total.count + 1, sum: total.sum + sale.cents }), { count: 0, sum: 0 }),
              map(({ count, sum }) => ({ user: user.key, end: window.key, count, sum })),
            ),
          ),
        ),
      ),
    )
    .subscribe(take);
}

/** The same with keys and windows written by hand, so that RxJS has only `map` and `filter` to do. */
export function withRxjsAndHandWindow(bids, take) {
  from(bids)
    .pipe(
      map((bid) => ({ user: bid.user, cents: bid.price + 100, at: bid.at })),
      filter((sale) => sale.cents >= SMALLEST_CENTS),
      windowed(),
    )
    .subscribe(take);
}

function windowed() {
  return (sales) =>
    new Observable((rows) => {
      const window = new HandWindow();
      const emit = (all) => all?.forEach((row) => rows.next(row));
      return sales.subscribe({
        next: (sale) => emit(window.add(sale)),
        error: (error) => rows.error(error),
        complete: () => {
          emit(window.fire(0));
          rows.complete();
        },
      });
    });
}

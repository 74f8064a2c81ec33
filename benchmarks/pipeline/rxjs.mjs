import { filter, from, map, Observable } from 'rxjs';
import { HandWindow } from './hand-window.mjs';
import { SMALLEST_CENTS } from './sales.mjs';

/** The pipeline with RxJS. Its window is an operator of our own, faster than `groupBy` and `window` would be. */
export function withRxjs(bids, take) {
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

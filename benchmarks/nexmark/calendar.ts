const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

// Days and minutes come in order, so the last text is the next one, too.
let day = -1;
let dayText = '';
let minute = -1;
let minuteText = '';

/** The number of a time's day (UTC). */
export function dayNumber(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** The day of a time (UTC): `2023-11-14`. */
export function dayOf(time: number): string {
  const number = Math.floor(time / DAY_MS);
  if (number !== day) {
    day = number;
    dayText = new Date(time).toISOString().slice(0, 10);
  }
  return dayText;
}

/** The minute of a time (UTC): `22:13`. */
export function minuteOf(time: number): string {
  const number = Math.floor(time / MINUTE_MS);
  if (number !== minute) {
    minute = number;
    minuteText = new Date(time).toISOString().slice(11, 16);
  }
  return minuteText;
}

/** The hour of a time (UTC), from 0. */
export function hourOf(time: number): number {
  return Math.floor(time / 3_600_000) % 24;
}

import { entry, read } from './read.mjs';

export const rows = [];
const users = new Map();
const close = (user, visits) => {
  const path = visits.map(({ page }) => page);
  const pages = Object.fromEntries([...new Set(path)].sort().map((page) => [page, path.filter((other) => other === page).length]));
  rows.push({ user, visits: visits.length, pages, path, longest: Math.max(0, ...visits.slice(1).map(({ at }, index) => at - visits[index].at)) });
};
let watermark = -Infinity;
for (const visit of read('visits')) {
  // What happened until the watermark of the visit before is over; the visit's own watermark comes after it.
  for (const [user, visits] of users) {
    if (visits.at(-1).at + 30_000 > watermark) continue;
    close(user, visits);
    users.delete(user);
  }
  entry(users, visit.user, () => []).push(visit);
  watermark = visit.at - 1;
}
for (const [user, visits] of users) close(user, visits);

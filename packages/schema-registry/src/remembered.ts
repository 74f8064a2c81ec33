/** How many answers are remembered. */
const MOST_REMEMBERED = 10_000;

/** Asks once, and again only after a failure. */
export function remembered<K, V>(known: Map<K, Promise<V>>, key: K, ask: () => Promise<V>): Promise<V> {
  const present = known.get(key);
  if (present !== undefined) return present;
  if (known.size >= MOST_REMEMBERED) known.delete(known.keys().next().value!);
  const asked = ask();
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}

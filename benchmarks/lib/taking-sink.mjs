/**
 * A sink that hands every row to `take`: nothing between the engine and whoever counts.
 *
 * @param {(row: any) => void} take
 */
export function takingSink(take) {
  return {
    kind: 'taking',
    guarantee: 'at-least-once',
    createWriter: () => ({ write: take, close() {} }),
  };
}

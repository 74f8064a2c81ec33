/** The first byte of every record in a section (decision 0003). Numbers are never used again for something else. */
export const TAG: {
  readonly namespace: 1;
  readonly removeKey: 16;
  readonly dropNamespace: 17;
  readonly removeMapEntry: 18;
  readonly removeTimer: 19;
  readonly value: 32;
  readonly listReplace: 33;
  readonly listAppend: 34;
  readonly mapEntries: 35;
  readonly timer: 36;
  readonly elements: 37;
} = Object.freeze({
  /** start f64, end f64: the namespace of the records that follow, until the next one. */
  namespace: 1,
  /** key */
  removeKey: 16,
  /** nothing: the current namespace with all its keys */
  dropNamespace: 17,
  /** key, map key */
  removeMapEntry: 18,
  /** key, time f64, bit 0: has a namespace */
  removeTimer: 19,
  /** key, (time f64,) value */
  value: 32,
  /** key, count, then per element (time f64,) value */
  listReplace: 33,
  /** as listReplace */
  listAppend: 34,
  /** key, count, then per entry map key, (time f64,) value */
  mapEntries: 35,
  /** key, time f64, sequence, bit 0: has a namespace */
  timer: 36,
  /** count, then values: a piece of an operator list */
  elements: 37,
});

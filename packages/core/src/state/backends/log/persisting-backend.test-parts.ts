import type { Files } from '../../../base/platform-files.js';
import type { StateBackend, StateBackendFactory, StateBackendOptions } from '../../backend.js';
import { blobBytes } from '../../blob-bytes.js';
import type { KeyGroupBlob, OperatorSnapshot } from '../../operator-snapshot.js';

const STORE = '/store';

/** What a backend hands over in files is put into files that stay, as a store does; restores read those. Counts them. */
export function persisting(factory: StateBackendFactory, files: Files): StateBackendFactory & { handedOver: number } {
  files.makeDirectory(STORE);
  const persist = (snapshot: OperatorSnapshot): OperatorSnapshot => ({
    ...snapshot,
    keyGroups: snapshot.keyGroups.map((blob): KeyGroupBlob => {
      if (blob.bytes !== undefined) return blob;
      const path = `${STORE}/${made.handedOver++}`;
      // Something before it, so that an offset that is forgotten is noticed.
      files.writeFile(path, new Uint8Array([1, 2, 3, ...blobBytes(blob, files)]));
      return { keyGroup: blob.keyGroup, kind: blob.kind, stretch: { path, offset: 3, length: blob.stretch.length } };
    }),
  });
  const made = {
    name: factory.name,
    handedOver: 0,
    create: (options: StateBackendOptions): StateBackend => {
      const backend = factory.create({ ...options, files });
      const begin = backend.beginSnapshot.bind(backend);
      backend.beginSnapshot = (checkpointId) => {
        const run = begin(checkpointId);
        return { advance: (budgetMs) => run.advance(budgetMs), cancel: () => run.cancel(), result: () => persist(run.result()) };
      };
      return backend;
    },
  };
  return made;
}
